// Package rtp reads and writes the UDP packets of a RAOP (AirPlay 1) session:
// audio, resent audio, resend request, sync, timing request and timing reply.
//
// The layout shares only the first four bytes with RTP (RFC 3550 section 5.1). There
// is no public specification; the fields are those seen on the wire from iTunes,
// PulseAudio, PipeWire and others. Every number is big-endian. Each packet has a pure
// Parse function and an Append method; sockets, clocks and encryption are elsewhere.
//
// Left out: CSRC lists, header extensions and padding, which no RAOP sender
// uses, and the TCP framing of AirPlay 1, which none offers any more.
package rtp

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrMalformed is wrapped by the error of every Parse function.
var ErrMalformed = errors.New("rtp: malformed packet")

// ErrNotAvailable means that a resent packet carries no audio: the sender no longer
// has the packet that was asked for.
var ErrNotAvailable = errors.New("rtp: packet no longer available from the sender")

const (
	version     = 0x80 // two bits: version 2, as in RTP
	versionMask = 0xC0
	extension   = 0x10 // on sync packets: the first one of a stream
	marker      = 0x80 // second byte, above the kind
	kindMask    = 0x7F
)

// A Kind is the lower seven bits of the second byte.
type Kind uint8

const (
	KindUnknown       Kind = 0
	KindTimingRequest Kind = 0x52 // receiver to the sender's timing port
	KindTimingReply   Kind = 0x53 // its answer
	KindSync          Kind = 0x54 // sender to our control port, about one a second
	KindResendRequest Kind = 0x55 // receiver to the sender's control port
	KindResent        Kind = 0x56 // sender to our control port
	KindAudio         Kind = 0x60 // sender to our audio port
)

// String returns "audio", "sync", ... for log lines and test names.
func (k Kind) String() string {
	switch k {
	case KindUnknown:
		return "unknown"
	case KindTimingRequest:
		return "timing request"
	case KindTimingReply:
		return "timing reply"
	case KindSync:
		return "sync"
	case KindResendRequest:
		return "resend request"
	case KindResent:
		return "resent"
	case KindAudio:
		return "audio"
	}
	return fmt.Sprintf("Kind(%#02x)", uint8(k))
}

// KindOf is the kind of packet b, KindUnknown if it is none of RAOP's. It does not
// check that b is complete: the Parse functions do.
func KindOf(b []byte) Kind {
	if len(b) < 2 || b[0]&versionMask != version {
		return KindUnknown
	}
	switch k := Kind(b[1] & kindMask); k {
	case KindTimingRequest, KindTimingReply, KindSync, KindResendRequest, KindResent, KindAudio:
		return k
	default:
		return KindUnknown
	}
}

// check reports why b cannot be a packet of kind with at least size bytes.
func check(b []byte, kind Kind, size int) error {
	if got := KindOf(b); got != kind {
		return fmt.Errorf("%w: %v where %v was expected", ErrMalformed, got, kind)
	}
	if len(b) < size {
		return fmt.Errorf("%w: %v of %d bytes, need %d", ErrMalformed, kind, len(b), size)
	}
	return nil
}

// appendControl appends the four bytes that begin every packet but audio.
// Their marker bit is always set.
func appendControl(dst []byte, first byte, kind Kind, word uint16) []byte {
	return binary.BigEndian.AppendUint16(append(dst, first, marker|byte(kind)), word)
}
