package sockets

import (
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// A diagRequest is struct inet_diag_req_v2: all sockets of one family and
// protocol.
type diagRequest struct {
	family, protocol byte
}

const diagRequestBytes = 56

func (diagRequest) Len() int { return diagRequestBytes }

func (r diagRequest) Serialize() []byte {
	b := make([]byte, diagRequestBytes)
	b[0], b[1] = r.family, r.protocol
	copy(b[4:8], []byte{0xff, 0xff, 0xff, 0xff}) // in any state
	return b
}

// diagnose asks the kernel for all UDP sockets and all TCP sockets, by inode. It
// needs no privilege.
func diagnose() (map[uint64]detail, error) {
	details := make(map[uint64]detail)
	for _, request := range []diagRequest{
		{unix.AF_INET, unix.IPPROTO_UDP},
		{unix.AF_INET6, unix.IPPROTO_UDP},
		{unix.AF_INET, unix.IPPROTO_TCP},
		{unix.AF_INET6, unix.IPPROTO_TCP},
	} {
		r := nl.NewNetlinkRequest(nl.SOCK_DIAG_BY_FAMILY, unix.NLM_F_DUMP)
		r.AddData(request)
		answers, err := r.Execute(unix.NETLINK_INET_DIAG, 0)
		if err != nil {
			return details, fmt.Errorf("sock_diag: %w", err)
		}
		for _, answer := range answers {
			inode, d, err := parseDiag(answer)
			if err != nil {
				return details, fmt.Errorf("sock_diag: %w", err)
			}
			details[inode] = d
		}
	}
	return details, nil
}
