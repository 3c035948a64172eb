package alacenc

// Order 4 follows music well at a fraction of order 8's work; 9 fractional bits
// are what Apple's encoder uses.
const (
	order    = 4
	denShift = 9
)

// startCoefs extrapolate gently: 1.5 times the newest sample less half of the
// one before, each against the oldest.
var startCoefs = [order]int16{768, -256, 0, 0}

// A predictor guesses each sample from the four before it and moves its
// coefficients by the sign of its error, in step with the decoder.
type predictor struct {
	coefs   [order]int16 // after the last packet
	initial [order]int16 // at the start of the current packet: what its header says
}

// writeHeader writes the predictor as the decoder needs it:
//
//	4 mode | 4 denShift | 3 pbFactor | 5 order | order x 16 coefficients
func (p *predictor) writeHeader(w *bitWriter) {
	w.write(0, 4)
	w.write(denShift, 4)
	w.write(pbFactor, 3)
	w.write(order, 5)
	for _, c := range p.initial {
		w.write(uint32(uint16(c)), 16)
	}
}

// residuals replaces the signal x by its prediction errors. It reports false
// when a sum leaves 32 bits, where decoders of different word size part ways.
func (p *predictor) residuals(x []int32) bool {
	p.initial = p.coefs
	var history [order + 1]int32 // newest first
	for j, s := range x {
		switch {
		case j == 0:
			// The first sample stands as it is.
		case j <= order:
			x[j] = signExtend(s - history[0])
		default:
			guess, ok := p.guess(&history)
			if !ok {
				return false
			}
			x[j] = signExtend(s - guess)
			p.adapt(&history, x[j])
		}
		copy(history[1:], history[:order])
		history[0] = s
	}
	return true
}

func (p *predictor) guess(history *[order + 1]int32) (int32, bool) {
	oldest := history[order]
	var sum int64
	for k, c := range p.coefs {
		sum += int64(c) * int64(history[k]-oldest)
	}
	sum += 1 << (denShift - 1)
	return oldest + int32(sum>>denShift), sum == int64(int32(sum))
}

// adapt moves the coefficients by one step each, oldest tap first, until the
// error is used up.
func (p *predictor) adapt(history *[order + 1]int32, residual int32) {
	direction := sign(residual)
	left := residual * direction
	for k := order - 1; k >= 0 && left > 0; k-- {
		d := history[order] - history[k]
		step := sign(d)
		p.coefs[k] -= int16(step * direction)
		left -= int32(order-k) * adaptCost(d*step, direction)
	}
}

// adaptCost is what a tap at the given distance uses up of the error. The
// decoder shifts a negative number when the error is negative, which rounds the
// other way.
func adaptCost(distance, direction int32) int32 {
	return direction * ((direction * distance) >> denShift)
}

func sign(x int32) int32 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	default:
		return 0
	}
}

// signExtend wraps x into chanBits bits, as the decoder does with its sums.
func signExtend(x int32) int32 {
	const unused = 32 - chanBits
	return x << unused >> unused
}
