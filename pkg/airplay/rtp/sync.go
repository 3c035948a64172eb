package rtp

import "encoding/binary"

const (
	syncBytes = 20

	// SyncFlagsITunes is sent by iTunes and most other senders.
	SyncFlagsITunes = 0x0007
	// SyncFlagsIOS is sent by iOS.
	SyncFlagsIOS = 0x0004
)

// Sync ties the sender's clock to its RTP timeline.
//
//	+---------------+---------------+-------------------------------+
//	| 0x80 or 0x90  |     0xD4      |             flags             |
//	+---------------+---------------+-------------------------------+
//	|            timestamp that is playing at Time                  |
//	+---------------------------------------------------------------+
//	|                 time, 32.32 seconds (8 bytes)                 |
//	+---------------------------------------------------------------+
//	|            timestamp of the next audio packet                 |
//	+---------------------------------------------------------------+
type Sync struct {
	First   bool    // 0x90: the first one after RECORD or FLUSH; some senders never set it
	Flags   uint16  // SyncFlags...; newer PipeWire swaps its bytes, so nothing is checked
	Playing uint32  // timestamp that should be playing now, in frames
	Time    NTPTime // the sender's clock now
	Next    uint32  // timestamp of the next audio packet, in frames
}

// ParseSync reads a sync packet.
func ParseSync(b []byte) (Sync, error) {
	if err := check(b, KindSync, syncBytes); err != nil {
		return Sync{}, err
	}
	return Sync{
		First:   b[0]&extension != 0,
		Flags:   binary.BigEndian.Uint16(b[2:]),
		Playing: binary.BigEndian.Uint32(b[4:]),
		Time:    NTPTime(binary.BigEndian.Uint64(b[8:])),
		Next:    binary.BigEndian.Uint32(b[16:]),
	}, nil
}

// Append appends the packet to dst. Zero Flags are written as
// SyncFlagsITunes, which every receiver accepts.
func (s Sync) Append(dst []byte) []byte {
	first, flags := byte(version), s.Flags
	if s.First {
		first |= extension
	}
	if flags == 0 {
		flags = SyncFlagsITunes
	}
	dst = appendControl(dst, first, KindSync, flags)
	dst = binary.BigEndian.AppendUint32(dst, s.Playing)
	dst = binary.BigEndian.AppendUint64(dst, uint64(s.Time))
	return binary.BigEndian.AppendUint32(dst, s.Next)
}

// LatencyFrames is how far the audio that plays is behind the audio that is sent:
// 88200 from PulseAudio, 0 from older PipeWire. It is negative only in invalid
// packets.
func (s Sync) LatencyFrames() int64 {
	return int64(int32(s.Next - s.Playing))
}
