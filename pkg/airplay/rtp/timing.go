package rtp

import "encoding/binary"

const (
	timingBytes = 32
	timingWord  = 0x0007 // PipeWire does not answer requests with another value
)

// TimingRequest asks for the sender's clock.
//
//	0x80 0xD2 0x0007 | 4 zero bytes | 16 zero bytes | our clock (8 bytes)
type TimingRequest struct {
	Transmit NTPTime // when it was sent, by the asker's clock
}

// ParseTimingRequest reads a timing request.
func ParseTimingRequest(b []byte) (TimingRequest, error) {
	if err := check(b, KindTimingRequest, timingBytes); err != nil {
		return TimingRequest{}, err
	}
	return TimingRequest{Transmit: NTPTime(binary.BigEndian.Uint64(b[24:]))}, nil
}

// Append appends the packet to dst.
func (t TimingRequest) Append(dst []byte) []byte {
	dst = appendControl(dst, version, KindTimingRequest, timingWord)
	return appendTimes(dst, 0, 0, t.Transmit)
}

// TimingReply answers a TimingRequest. PulseAudio and PipeWire also send one without
// a request: accept only those whose Origin was really sent.
//
//	0x80 0xD3 0x0007 | 4 bytes of anything | origin | receive | transmit (8 bytes each)
type TimingReply struct {
	Origin   NTPTime // Transmit of the request
	Receive  NTPTime // when the request came in, by the sender's clock
	Transmit NTPTime // when the reply went out, by the sender's clock
}

// ParseTimingReply reads a timing reply.
func ParseTimingReply(b []byte) (TimingReply, error) {
	if err := check(b, KindTimingReply, timingBytes); err != nil {
		return TimingReply{}, err
	}
	return TimingReply{
		Origin:   NTPTime(binary.BigEndian.Uint64(b[8:])),
		Receive:  NTPTime(binary.BigEndian.Uint64(b[16:])),
		Transmit: NTPTime(binary.BigEndian.Uint64(b[24:])),
	}, nil
}

// Append appends the packet to dst.
func (t TimingReply) Append(dst []byte) []byte {
	dst = appendControl(dst, version, KindTimingReply, timingWord)
	return appendTimes(dst, t.Origin, t.Receive, t.Transmit)
}

func appendTimes(dst []byte, times ...NTPTime) []byte {
	dst = append(dst, 0, 0, 0, 0)
	for _, t := range times {
		dst = binary.BigEndian.AppendUint64(dst, uint64(t))
	}
	return dst
}
