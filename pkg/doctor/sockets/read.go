package sockets

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/prometheus/procfs"
)

// tcpListen is the state of a listening socket in /proc/net/tcp (TCP_LISTEN).
const tcpListen = 0x0A

// A source is where a Table is read from.
type source struct {
	proc    string                             // "/proc"
	diag    func() (map[uint64]detail, error)  // by inode
	cgroups func(wanted map[uint64]bool) paths // by id
}

// A detail is what sock_diag reports about one socket in addition to /proc/net.
type detail struct {
	cgroup   uint64 // id of the control group that created the socket; 0: unknown
	onlyIPv6 bool
}

// paths are control groups by their id.
type paths map[uint64]string

// Read reads the Table of this process's network namespace. It takes some
// milliseconds on a small host, more with many processes.
func Read() (*Table, error) {
	return source{proc: "/proc", diag: diagnose, cgroups: findGroups}.read()
}

func (s source) read() (*Table, error) {
	fs, err := procfs.NewFS(s.proc)
	if err != nil {
		return nil, fmt.Errorf("sockets: %w", err)
	}
	t := &Table{}
	if t.holders, err = listed(fs); err != nil {
		return nil, fmt.Errorf("sockets: %w", err)
	}
	wanted := make(map[uint64]bool, len(t.holders))
	for _, h := range t.holders {
		wanted[h.inode] = true
	}
	details, err := s.diag()
	if err != nil {
		t.Blind = fmt.Errorf("sockets: ask the kernel: %w", err)
	}
	owners := ownersOf(fs, wanted)
	groups := s.cgroups(groupIDs(details))
	for i := range t.holders {
		h := &t.holders[i]
		d, owner := details[h.inode], owners[h.inode]
		h.OnlyIPv6 = d.onlyIPv6
		h.PID, h.Command, h.Origin = owner.pid, owner.command, owner.origin
		if h.Origin == (Origin{}) {
			h.Origin = originOf(groups[d.cgroup])
		}
	}
	return t, nil
}

func groupIDs(details map[uint64]detail) map[uint64]bool {
	ids := make(map[uint64]bool)
	for _, d := range details {
		if d.cgroup != 0 {
			ids[d.cgroup] = true
		}
	}
	return ids
}

// listed reads the four tables. One that is missing is empty: a kernel without
// IPv6 has no udp6.
func listed(fs procfs.FS) ([]Holder, error) {
	var holders []Holder
	add := func(p Protocol, ip net.IP, port, uid, inode uint64) {
		if addr, ok := netip.AddrFromSlice(ip); ok {
			holders = append(holders, Holder{
				Protocol: p, Local: netip.AddrPortFrom(addr, uint16(port)), UID: uint32(uid), inode: inode,
			})
		}
	}
	udp, err := fs.NetUDP()
	if err != nil {
		return nil, fmt.Errorf("read UDP sockets: %w", err)
	}
	udp6, err := fs.NetUDP6()
	if err == nil {
		udp = append(udp, udp6...)
	}
	for _, s := range udp {
		add(UDP, s.LocalAddr, s.LocalPort, s.UID, s.Inode)
	}
	//nolint:staticcheck // Deprecated for its cost on hosts with very many connections; it is read once.
	tcp, err := fs.NetTCP()
	if err != nil {
		return nil, fmt.Errorf("read TCP sockets: %w", err)
	}
	tcp6, err := fs.NetTCP6() //nolint:staticcheck // as above
	if err == nil {
		tcp = append(tcp, tcp6...)
	}
	for _, s := range tcp {
		if s.St == tcpListen {
			add(TCP, s.LocalAddr, s.LocalPort, s.UID, s.Inode)
		}
	}
	return holders, nil
}
