package multicast

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// errDatagram marks what is no UDP datagram.
var errDatagram = errors.New("malformed UDP datagram")

// Places in the header of a UDP datagram (RFC 768), in bytes.
const (
	udpSource      = 0
	udpDestination = 2
	udpLength      = 4
	udpChecksum    = 6
	udpHeaderBytes = 8
)

// A datagram is one of UDP with its header, as a raw socket gets and sends it.
//
//	0        2             4        6          8
//	+--------+-------------+--------+----------+---
//	| source | destination | length | checksum | data
//	+--------+-------------+--------+----------+---
type datagram struct {
	source, destination uint16 // ports
	data                []byte
}

// parseDatagram reads a datagram, whose data lies in b. Of one that was cut the
// data may be shorter than its header says. The checksum is not looked at: what
// comes from this host may have none yet.
func parseDatagram(b []byte, cut bool) (datagram, error) {
	if len(b) < udpHeaderBytes {
		return datagram{}, fmt.Errorf("%w: %d bytes", errDatagram, len(b))
	}
	length := int(binary.BigEndian.Uint16(b[udpLength:]))
	if length < udpHeaderBytes || length > len(b) && !cut {
		return datagram{}, fmt.Errorf("%w: length %d in %d bytes", errDatagram, length, len(b))
	}
	return datagram{
		source:      binary.BigEndian.Uint16(b[udpSource:]),
		destination: binary.BigEndian.Uint16(b[udpDestination:]),
		data:        b[udpHeaderBytes:min(length, len(b))],
	}, nil
}

// append writes the datagram without a checksum.
func (d datagram) append(dst []byte) ([]byte, error) {
	length := udpHeaderBytes + len(d.data)
	if length > MaxDatagramBytes {
		return dst, fmt.Errorf("%w: %d bytes of data", errDatagram, len(d.data))
	}
	dst = binary.BigEndian.AppendUint16(dst, d.source)
	dst = binary.BigEndian.AppendUint16(dst, d.destination)
	dst = binary.BigEndian.AppendUint16(dst, uint16(length))
	dst = append(dst, 0, 0)
	return append(dst, d.data...), nil
}

// setChecksum puts the checksum for IPv4 into a datagram without one. Zero would
// mean that there is none, and is written as its other form.
func setChecksum(b []byte, from, to netip.Addr) {
	sum := checksum(b, from, to)
	if sum == 0 {
		sum = 0xffff
	}
	binary.BigEndian.PutUint16(b[udpChecksum:], sum)
}

// checksum is the complement of the one's complement sum of a pseudo header and
// the datagram (RFC 768, RFC 1071); 0 for one with its right checksum in it.
func checksum(b []byte, from, to netip.Addr) uint16 {
	sum := sumWords(from.AsSlice()) + sumWords(to.AsSlice()) + unix.IPPROTO_UDP + uint32(len(b)) + sumWords(b)
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// sumWords adds words of 16 bits; the last is filled up with zeros. 64 KiB do
// not overflow it.
func sumWords(b []byte) (sum uint32) {
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) > 0 {
		sum += uint32(b[0]) << 8
	}
	return sum
}
