package alac

// A predictor turns residuals back into samples (dp_dec.c). Its parameters
// stand in the packet, its coefficients adapt from sample to sample.
type predictor struct {
	mode  uint32
	shift uint // scale of the coefficients, 0..15
	order int  // 0..31
	coefs [maxOrder]int16
}

const (
	maxOrder = 31
	// sumOrder names no predictor of that order but a running sum.
	sumOrder = 31
)

// parse reads a channel's parameters and returns its pbFactor.
func (p *predictor) parse(r *bitReader) (pbFactor uint32) {
	p.mode = r.read(4)
	p.shift = uint(r.read(4))
	pbFactor = r.read(3)
	p.order = int(r.read(5))
	for i := range p.order {
		p.coefs[i] = int16(r.read(16))
	}
	return pbFactor
}

// restore replaces residuals by samples of n bits. All arithmetic wraps at 32
// bits and samples wrap at n, as the encoder's do.
func (p *predictor) restore(x []int32, n uint) {
	if p.mode != 0 {
		accumulate(x, n)
	}
	switch p.order {
	case 0:
		// The residuals are the samples.
	case sumOrder:
		accumulate(x, n)
	default:
		// The first samples have too little history: a running sum.
		accumulate(x[:min(p.order+1, len(x))], n)
		p.adapt(x, n)
	}
}

// accumulate is the predictor "same as before".
func accumulate(x []int32, n uint) {
	for i := 1; i < len(x); i++ {
		x[i] = signExtend(x[i]+x[i-1], n)
	}
}

// adapt is the adaptive predictor, from x[order+1] on. All is relative to the
// sample before the window, top.
func (p *predictor) adapt(x []int32, n uint) {
	order := p.order
	coefs := p.coefs[:order]
	half := int32(1) << p.shift >> 1
	for i := order + 1; i < len(x); i++ {
		window := x[i-order-1 : i+1]
		top, residual := window[0], window[order+1]
		sum := half
		for k, c := range coefs {
			sum += int32(c) * (window[order-k] - top)
		}
		window[order+1] = signExtend(residual+top+sum>>p.shift, n)
		switch {
		case residual > 0:
			for k := order - 1; k >= 0 && residual > 0; k-- {
				diff := window[order-k] - top
				s := sign(diff)
				coefs[k] += int16(s)
				residual -= int32(order-k) * (s * diff >> p.shift)
			}
		case residual < 0:
			for k := order - 1; k >= 0 && residual < 0; k-- {
				diff := window[order-k] - top
				s := sign(diff)
				coefs[k] -= int16(s)
				residual -= int32(order-k) * (-s * diff >> p.shift)
			}
		}
	}
}

// sign is -1, 0 or 1.
func sign(v int32) int32 {
	return v>>31 | int32(uint32(-v)>>31)
}
