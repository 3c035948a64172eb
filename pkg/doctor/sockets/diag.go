package sockets

import (
	"encoding/binary"
	"errors"
)

// Answer of sock_diag for one Internet socket, struct inet_diag_msg of
// linux/inet_diag.h, all in the byte order of the machine but the ports:
//
//	 0 family, state, timer, retrans   1 byte each
//	 4 source port, destination port   2 bytes each
//	 8 source, destination             16 bytes each
//	40 interface, cookie[2]            4 bytes each
//	52 expires, rqueue, wqueue, uid    4 bytes each
//	68 inode                           4 bytes
//	72 attributes: length and type of 2 bytes each, value, filled up to 4
const (
	diagInodeOffset = 68
	diagBytes       = 72
	attributeBytes  = 4 // its head

	attributeOnlyIPv6 = 11 // INET_DIAG_SKV6ONLY, 1 byte
	attributeCgroup   = 21 // INET_DIAG_CGROUP_ID, 8 bytes, Linux 5.9
)

// errMalformed marks an answer of the kernel that is not what it documents.
var errMalformed = errors.New("malformed")

// parseDiag reads one answer.
func parseDiag(b []byte) (inode uint64, d detail, err error) {
	if len(b) < diagBytes {
		return 0, detail{}, errMalformed
	}
	inode = uint64(binary.NativeEndian.Uint32(b[diagInodeOffset:]))
	for rest := b[diagBytes:]; len(rest) >= attributeBytes; {
		length := int(binary.NativeEndian.Uint16(rest))
		if length < attributeBytes || length > len(rest) {
			return 0, detail{}, errMalformed
		}
		value := rest[attributeBytes:length]
		switch kind := binary.NativeEndian.Uint16(rest[2:]); {
		case kind == attributeOnlyIPv6 && len(value) >= 1:
			d.onlyIPv6 = value[0] != 0
		case kind == attributeCgroup && len(value) >= 8:
			d.cgroup = binary.NativeEndian.Uint64(value)
		}
		rest = rest[min(len(rest), (length+3)&^3):]
	}
	return inode, d, nil
}
