package flac

import (
	"encoding/binary"
	"math/bits"
)

// rateCodes are the 4 bits for a sample rate in Hz (RFC 9639 section 9.1.2).
var rateCodes = map[int]byte{
	88200: 1, 176400: 2, 192000: 3, 8000: 4, 16000: 5, 22050: 6,
	24000: 7, 32000: 8, 44100: 9, 48000: 10, 96000: 11,
}

// depthCodes are the 3 bits for a bit depth (section 9.1.4).
var depthCodes = map[int]byte{16: 4, 24: 6}

const (
	syncFixedBlocks = 0xFFF8 // 15 bits: sync code; 1 bit: 0, all blocks have the same size
	channelByte     = 3      // index of the channel assignment in a frame
	maxHeaderBytes  = 16
	footerBytes     = 2
	maxFrameNumber  = 1<<31 - 1 // then it starts again: after 1.7 years of 1152 frames at 44.1 kHz
	streamInfoBytes = 34
)

// AppendHeader appends what every listener gets first: the marker "fLaC" and
// STREAMINFO (section 8.2) as the only metadata block:
//
//	 1 bit:  last block, 7 bits: type 0, 24 bits: length 34
//	16 bits: smallest block, 16 bits: largest block, in frames
//	24 bits: smallest frame, 24 bits: largest frame, in bytes, 0: unknown
//	20 bits: sample rate, 3 bits: channels-1, 5 bits: bit depth-1
//	36 bits: frames in total, 0: unknown
//	128 bits: MD5 of the samples, 0: unknown
func (e *Encoder) AppendHeader(dst []byte) []byte {
	dst = append(dst, "fLaC\x80"...)
	dst = append(dst, 0, 0, streamInfoBytes)
	dst = binary.BigEndian.AppendUint16(dst, uint16(e.blockFrames))
	dst = binary.BigEndian.AppendUint16(dst, uint16(e.blockFrames))
	dst = append(dst, make([]byte, 6)...)
	shape := uint64(e.format.SampleRate)<<8 | uint64(e.format.Channels-1)<<5 | uint64(e.format.BitDepth-1)
	dst = binary.BigEndian.AppendUint64(dst, shape<<36)
	return append(dst, make([]byte, 16)...)
}

// appendFrameHeader appends all of a frame's header but its CRC-8 (section
// 9.1), with the channel assignment left zero:
//
//	15 bits: sync code, 1 bit: blocking strategy
//	 4 bits: block size code, 4 bits: sample rate code
//	 4 bits: channel assignment, 3 bits: bit depth code, 1 bit: zero
//	 1..6 bytes: frame number, coded like UTF-8
//	 0..2 bytes: block size less one, if its code says so
func (e *Encoder) appendFrameHeader(dst []byte, frames int) []byte {
	code := blockSizeCode(frames)
	dst = binary.BigEndian.AppendUint16(dst, syncFixedBlocks)
	dst = append(dst, code<<4|e.rateCode, e.depthCode<<1)
	dst = appendNumber(dst, e.frameNumber)
	switch code {
	case blockSize8:
		dst = append(dst, byte(frames-1))
	case blockSize16:
		dst = binary.BigEndian.AppendUint16(dst, uint16(frames-1))
	}
	return dst
}

// Block size codes that announce bytes behind the frame number.
const (
	blockSize8  = 6
	blockSize16 = 7
)

// blockSizeCode is 1 for 192, 2..5 for 576<<n, 8..15 for 256<<n (section 9.1.1).
func blockSizeCode(frames int) byte {
	switch {
	case frames == 192:
		return 1
	case frames >= 576 && frames%576 == 0 && isPowerOfTwo(frames/576):
		return 2 + byte(bits.TrailingZeros(uint(frames/576)))
	case frames >= 256 && isPowerOfTwo(frames):
		return byte(bits.TrailingZeros(uint(frames)))
	case frames <= 256:
		return blockSize8
	default:
		return blockSize16
	}
}

func isPowerOfTwo(n int) bool { return n&(n-1) == 0 }

// appendNumber codes up to 31 bits as UTF-8 codes up to 21 (section 9.1.5): the
// leading ones of the first byte count the bytes, the others begin with 10.
func appendNumber(dst []byte, n uint32) []byte {
	if n < 0x80 {
		return append(dst, byte(n))
	}
	following := (bits.Len32(n) - 2) / 5
	lead := byte(0xFF) << (7 - following)
	dst = append(dst, lead|byte(n>>(6*following)))
	for i := following - 1; i >= 0; i-- {
		dst = append(dst, 0x80|byte(n>>(6*i))&0x3F)
	}
	return dst
}
