package rtp

import (
	"encoding/binary"
	"fmt"
)

const (
	audioHeaderBytes  = 12
	resentHeaderBytes = 4
)

// Audio is one packet of sound, as sent or as unwrapped from a resent one.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------+-+-------------+-------------------------------+
//	|     0x80      |M|    0x60     |           sequence            |
//	+---------------+-+-------------+-------------------------------+
//	|                     timestamp, in frames                      |
//	+---------------------------------------------------------------+
//	|                             SSRC                              |
//	+---------------------------------------------------------------+
//	|            payload: ALAC frame or L16, maybe AES ...          |
type Audio struct {
	Marker    bool   // first packet after RECORD or FLUSH; some senders never set it
	Seq       uint16 // wraps
	Timestamp uint32 // in frames, random start, wraps
	SSRC      uint32 // random or zero; carries no meaning here
	Payload   []byte // as on the wire, possibly encrypted or empty
}

// ParseAudio reads an audio packet. Payload aliases b.
func ParseAudio(b []byte) (Audio, error) {
	if err := check(b, KindAudio, audioHeaderBytes); err != nil {
		return Audio{}, err
	}
	return Audio{
		Marker:    b[1]&marker != 0,
		Seq:       binary.BigEndian.Uint16(b[2:]),
		Timestamp: binary.BigEndian.Uint32(b[4:]),
		SSRC:      binary.BigEndian.Uint32(b[8:]),
		Payload:   b[audioHeaderBytes:],
	}, nil
}

// Append appends the packet to dst.
func (a Audio) Append(dst []byte) []byte {
	second := byte(KindAudio)
	if a.Marker {
		second |= marker
	}
	dst = binary.BigEndian.AppendUint16(append(dst, version, second), a.Seq)
	dst = binary.BigEndian.AppendUint32(dst, a.Timestamp)
	dst = binary.BigEndian.AppendUint32(dst, a.SSRC)
	return append(dst, a.Payload...)
}

// ParseResent reads the audio packet inside a resent one: four bytes, then
// the original packet whole. Bytes 2-3 are ignored, because some senders copy
// the sequence number there and others always write 1. A packet without audio
// returns ErrNotAvailable. Payload aliases b.
func ParseResent(b []byte) (Audio, error) {
	if err := check(b, KindResent, resentHeaderBytes); err != nil {
		return Audio{}, err
	}
	if len(b) <= resentHeaderBytes+audioHeaderBytes {
		return Audio{}, ErrNotAvailable
	}
	a, err := ParseAudio(b[resentHeaderBytes:])
	if err != nil {
		return Audio{}, fmt.Errorf("rtp: inside a resent packet: %w", err)
	}
	return a, nil
}

// AppendResent appends a wrapped in a resent packet whose bytes 2-3 are
// wrapperSeq. An empty payload makes the "no longer available" form.
func AppendResent(dst []byte, wrapperSeq uint16, a Audio) []byte {
	return a.Append(appendControl(dst, version, KindResent, wrapperSeq))
}
