package alac

const (
	maxOrder = 31
	// sumOrder names no predictor of that order but a running sum.
	sumOrder = 31
)

// A predictor turns residuals back into samples (dp_dec.c). Its parameters
// stand in the packet, its coefficients adapt from sample to sample.
type predictor struct {
	mode  uint32          // not 0: the residuals are differences themselves
	shift uint            // scale of the coefficients, 0..15
	order int             // 0..31
	coefs [maxOrder]int16 // that of the oldest sample first, unlike in the packet
}

// parse reads a channel's parameters and returns its pbFactor.
func (p *predictor) parse(r *bitReader) (pbFactor uint32) {
	p.mode = r.read(4)
	p.shift = uint(r.read(4))
	pbFactor = r.read(3)
	p.order = int(r.read(5))
	clear(p.coefs[:])
	for i := p.order - 1; i >= 0; i-- {
		p.coefs[i] = int16(r.read(16))
	}
	return pbFactor
}

// restore replaces residuals by samples of n bits. All arithmetic wraps at 32
// bits and samples wrap at n, as the encoder's do. Behind x lie windowPad
// samples of any value.
func (p *predictor) restore(x []int32, n uint) {
	if p.mode != 0 {
		accumulate(x, n)
	}
	// The first samples have too little history: a running sum.
	start := min(p.order+1, len(x))
	switch {
	case p.order == 0:
		// The residuals are the samples.
	case p.order == sumOrder:
		accumulate(x, n)
	case p.order >= minShort && p.order <= maxShort:
		accumulate(x[:start], n)
		p.adaptShort(x, n)
	default:
		accumulate(x[:start], n)
		p.adapt(x, n)
	}
}

// accumulate is the predictor "same as before".
func accumulate(x []int32, n uint) {
	for i := 1; i < len(x); i++ {
		x[i] = signExtend(x[i]+x[i-1], n)
	}
}

// adapt is the adaptive predictor, from x[order+1] on. A sample is predicted
// from the order samples before it, all relative to the one before these, base.
// The residual then says in which direction the coefficients move, and how
// many of them: each uses up a part of it.
func (p *predictor) adapt(x []int32, n uint) {
	shift := p.shift & 31
	coefs := p.coefs[:p.order]
	for start := 0; start+p.order+1 < len(x); start++ {
		base := x[start]
		window := x[start+1:][:len(coefs)]
		sum := int32(1)<<shift>>1 + dot(coefs, window, base)
		next := &x[start+1+p.order]
		m := newMove(*next, shift)
		*next = signExtend(*next+base+sum>>shift, n)
		for i, sample := range window {
			if m.rest <= 0 {
				break
			}
			m.rest -= int32(i+1) * m.nudge(&coefs[i], sample-base)
		}
	}
}

// dot is the sum of all coefficients times their sample less base, four at a
// time.
func dot(coefs []int16, window []int32, base int32) (sum int32) {
	for len(coefs) >= 4 && len(window) >= 4 {
		sum += int32(coefs[0])*(window[0]-base) + int32(coefs[1])*(window[1]-base) +
			int32(coefs[2])*(window[2]-base) + int32(coefs[3])*(window[3]-base)
		coefs, window = coefs[4:], window[4:]
	}
	for i, c := range coefs {
		sum += int32(c) * (window[i] - base)
	}
	return sum
}

// A move adapts the coefficients after one residual. A negative residual is
// the mirror image of a positive one, but for the rounding.
type move struct {
	rest   int32 // what is left of the residual's size
	mirror int32 // -1 after a negative residual, else 0
	round  int32
	shift  uint
}

func newMove(residual int32, shift uint) move {
	mirror := residual >> 31
	return move{
		rest:   residual ^ mirror - mirror,
		mirror: mirror,
		round:  mirror & (1<<shift - 1),
		shift:  shift,
	}
}

// nudge moves a coefficient by one towards what would have made the residual
// smaller, and returns by how much it did.
func (m move) nudge(coef *int16, diff int32) int32 {
	diff = diff ^ m.mirror - m.mirror
	sign := diff>>31 | int32(uint32(-diff)>>31)
	*coef += int16(sign)
	return (sign*diff + m.round) >> (m.shift & 31)
}
