package mp3

// A bitWriter appends to buf, most significant bit first. Bits gather in acc
// and leave it a byte at a time.
type bitWriter struct {
	buf   []byte
	acc   uint64 // the low count bits wait to be written
	count uint   // below 8 between calls
}

// write puts out the n low bits of v, 0..32. Higher bits of v must be zero.
func (w *bitWriter) write(v uint32, n uint) {
	w.acc = w.acc<<n | uint64(v)
	w.count += n
	for w.count >= 8 {
		w.count -= 8
		w.buf = append(w.buf, byte(w.acc>>w.count))
	}
}

// flag puts out one bit.
func (w *bitWriter) flag(set bool) {
	if set {
		w.write(1, 1)
	} else {
		w.write(0, 1)
	}
}

// align fills up the last byte with zeros.
func (w *bitWriter) align() {
	if w.count > 0 {
		w.write(0, 8-w.count)
	}
}
