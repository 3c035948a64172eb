package alac

import "encoding/binary"

// padBytes of zero follow the packet, so that a 64-bit load at any position up
// to one symbol past its end stays inside the buffer. The longest step between
// two checks of the end is 32 bits (read) or 9+25 (golomb).
const padBytes = 16

// A bitReader reads a packet, most significant bit first. Reading past the end
// yields zeros and is noticed afterwards, by overrun.
type bitReader struct {
	buf []byte // the packet and padBytes of zero
	pos uint   // next bit
	end uint   // length of the packet in bits
}

// load returns the bits from pos on, the first one on top; 57 of them are valid.
func load(buf []byte, pos uint) uint64 {
	return binary.BigEndian.Uint64(buf[pos>>3:]) << (pos & 7)
}

// read consumes n bits, 0..32. Past the end it stays put: the position never
// leaves the padding.
func (r *bitReader) read(n uint) uint32 {
	if r.pos > r.end {
		return 0
	}
	v := load(r.buf, r.pos) >> 32 >> (32 - n)
	r.pos += n
	return uint32(v)
}

// skip passes over n bits, at most to just behind the end.
func (r *bitReader) skip(n uint) {
	r.pos = min(r.pos+n, r.end+1)
}

// overrun reports whether more was read than the packet holds.
func (r *bitReader) overrun() bool { return r.pos > r.end }

// signExtend widens the low n bits of v, 1..32.
func signExtend(v int32, n uint) int32 {
	return v << ((32 - n) & 31) >> ((32 - n) & 31)
}
