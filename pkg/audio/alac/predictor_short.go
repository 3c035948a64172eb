package alac

// Orders that adaptShort handles: Apple's encoder uses 4 and 8, ffmpeg's 4 to 6.
const (
	minShort = 4
	maxShort = 8
)

// windowPad is how many samples behind the last one adaptShort may look at,
// with coefficients of zero.
const windowPad = maxShort - minShort

// adaptShort is adapt with its loops unrolled: twice as fast.
func (p *predictor) adaptShort(x []int32, n uint) {
	shift := p.shift & 31
	c := (*[maxShort]int16)(p.coefs[:])
	padded := x[:len(x)+windowPad]
	for i := p.order + 1; i < len(x); i++ {
		w := (*[maxShort + 1]int32)(padded[i-p.order-1:])
		base, residual := w[0], x[i]
		sum := int32(1)<<shift>>1 +
			int32(c[0])*(w[1]-base) + int32(c[1])*(w[2]-base) +
			int32(c[2])*(w[3]-base) + int32(c[3])*(w[4]-base) +
			int32(c[4])*(w[5]-base) + int32(c[5])*(w[6]-base) +
			int32(c[6])*(w[7]-base) + int32(c[7])*(w[8]-base)
		x[i] = signExtend(residual+base+sum>>shift, n)
		m := newMove(residual, shift)
		m.short(c, w, p.order)
	}
}

// short moves the coefficients, the oldest first, until the residual is used
// up or order of them are done. The first step may find nothing to use.
func (m move) short(c *[maxShort]int16, w *[maxShort + 1]int32, order int) {
	if m.rest == 0 {
		return
	}
	base := w[0]
	if m.rest -= m.nudge(&c[0], w[1]-base); m.rest <= 0 {
		return
	}
	if m.rest -= 2 * m.nudge(&c[1], w[2]-base); m.rest <= 0 {
		return
	}
	if m.rest -= 3 * m.nudge(&c[2], w[3]-base); m.rest <= 0 {
		return
	}
	if m.rest -= 4 * m.nudge(&c[3], w[4]-base); m.rest <= 0 || order == 4 {
		return
	}
	if m.rest -= 5 * m.nudge(&c[4], w[5]-base); m.rest <= 0 || order == 5 {
		return
	}
	if m.rest -= 6 * m.nudge(&c[5], w[6]-base); m.rest <= 0 || order == 6 {
		return
	}
	if m.rest -= 7 * m.nudge(&c[6], w[7]-base); m.rest <= 0 || order == 7 {
		return
	}
	m.nudge(&c[7], w[8]-base)
}
