package flac

import "encoding/binary"

// A bitWriter fills buf from pos on, most significant bit first. Bits gather in
// acc and leave it 32 at a time. The caller has made room for all of them.
type bitWriter struct {
	buf   []byte
	pos   int    // next byte
	acc   uint64 // the low count bits wait to be written
	count uint   // below 32
}

// write puts out the n low bits of v, 0..32. Higher bits of v must be zero.
func (w *bitWriter) write(v uint32, n uint) {
	w.acc = w.acc<<n | uint64(v)
	w.count += n
	if w.count >= 32 {
		w.count -= 32
		binary.BigEndian.PutUint32(w.buf[w.pos:], uint32(w.acc>>(w.count&31)))
		w.pos += 4
	}
}

// signed puts out v as n bits of two's complement, 1..32.
func (w *bitWriter) signed(v int32, n uint) {
	w.write(uint32(v)<<(32-n)>>(32-n), n)
}

// align fills up the last byte with zeros and returns all that was written.
func (w *bitWriter) align() []byte {
	w.write(0, -w.count&7)
	for ; w.count > 0; w.count -= 8 {
		w.buf[w.pos] = byte(w.acc >> (w.count - 8))
		w.pos++
	}
	return w.buf[:w.pos]
}

// rice puts out values in Rice code: v>>k zeros, a one, the k low bits of v.
func (w *bitWriter) rice(values []uint32, k uint) {
	buf, pos, acc, count := w.buf, w.pos, w.acc, w.count
	k &= 31
	stop := uint32(1) << k
	for _, v := range values {
		zeros := uint(v >> k)
		for ; zeros+1+k > 32; zeros -= min(zeros, 32) {
			// Rare: as many zeros as fit, at once.
			n := min(zeros, 32)
			acc <<= n
			if count += n; count >= 32 {
				count -= 32
				binary.BigEndian.PutUint32(buf[pos:], uint32(acc>>(count&31)))
				pos += 4
			}
		}
		acc = acc<<((zeros+1+k)&63) | uint64(v&(stop-1)|stop)
		if count += zeros + 1 + k; count >= 32 {
			count -= 32
			binary.BigEndian.PutUint32(buf[pos:], uint32(acc>>(count&31)))
			pos += 4
		}
	}
	w.pos, w.acc, w.count = pos, acc, count
}
