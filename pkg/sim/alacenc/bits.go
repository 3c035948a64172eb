package alacenc

// A bitWriter appends bits to buf, the most significant first.
type bitWriter struct {
	buf  []byte
	acc  uint64 // the low n bits are not yet in buf
	held int    // always below 8 between calls
}

// write appends the low width bits of v, width 0 to 32.
func (w *bitWriter) write(v uint32, width int) {
	w.acc = w.acc<<width | uint64(v)&(1<<width-1)
	w.held += width
	for w.held >= 8 {
		w.held -= 8
		w.buf = append(w.buf, byte(w.acc>>w.held))
	}
}

func (w *bitWriter) writeBool(b bool) {
	if b {
		w.write(1, 1)
		return
	}
	w.write(0, 1)
}

// finish fills the last byte with zeros and gives the whole buffer.
func (w *bitWriter) finish() []byte {
	if w.held > 0 {
		w.write(0, 8-w.held)
	}
	return w.buf
}
