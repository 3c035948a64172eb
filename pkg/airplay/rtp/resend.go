package rtp

import "encoding/binary"

const (
	resendRequestBytes = 8
	resendRequestWord  = 0x0001
)

// ResendRequest asks the sender for lost audio packets.
//
//	0x80 0xD5 0x0001 | first (2 bytes) | count (2 bytes)
type ResendRequest struct {
	First uint16 // sequence number of the first missing packet
	Count uint16 // number of packets, beginning with First
}

// ParseResendRequest reads a resend request.
func ParseResendRequest(b []byte) (ResendRequest, error) {
	if err := check(b, KindResendRequest, resendRequestBytes); err != nil {
		return ResendRequest{}, err
	}
	return ResendRequest{
		First: binary.BigEndian.Uint16(b[4:]),
		Count: binary.BigEndian.Uint16(b[6:]),
	}, nil
}

// Append appends the packet to dst.
func (r ResendRequest) Append(dst []byte) []byte {
	dst = appendControl(dst, version, KindResendRequest, resendRequestWord)
	dst = binary.BigEndian.AppendUint16(dst, r.First)
	return binary.BigEndian.AppendUint16(dst, r.Count)
}
