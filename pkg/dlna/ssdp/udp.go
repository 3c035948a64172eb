package ssdp

import (
	"encoding/binary"
	"fmt"
)

// Places in the header of a UDP datagram (RFC 768).
//
//	 0      7 8     15 16    23 24    31
//	+--------+--------+--------+--------+
//	|   Source Port   |Destination Port |
//	+--------+--------+--------+--------+
//	|     Length      |    Checksum     |
//	+--------+--------+--------+--------+
const (
	udpSource      = 0
	udpDestination = 2
	udpLength      = 4
	udpHeaderBytes = 8
)

// parseUDP takes a datagram apart that a raw socket got. The checksum is not
// looked at: it is not there yet in what this host sends to itself. The payload
// aliases b.
func parseUDP(b []byte) (source, destination uint16, payload []byte, err error) {
	if len(b) < udpHeaderBytes {
		return 0, 0, nil, fmt.Errorf("ssdp: UDP header: %w: %d bytes", ErrMalformed, len(b))
	}
	length := int(binary.BigEndian.Uint16(b[udpLength:]))
	if length < udpHeaderBytes {
		return 0, 0, nil, fmt.Errorf("ssdp: UDP header: %w: length %d", ErrMalformed, length)
	}
	source = binary.BigEndian.Uint16(b[udpSource:])
	destination = binary.BigEndian.Uint16(b[udpDestination:])
	return source, destination, b[udpHeaderBytes:min(length, len(b))], nil
}
