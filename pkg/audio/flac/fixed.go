package flac

// maxOrder is that of the largest fixed predictor (RFC 9639 section 9.2.5).
const maxOrder = 4

// magnitudes sums up, for every order, the absolute residuals of x but for the
// first maxOrder samples, so that the orders compare. A residual of order n is
// the difference of two of order n-1. x has more than maxOrder samples.
func magnitudes(x []int32) (sums [maxOrder + 1]uint64) {
	d0 := x[3]
	d1 := d0 - x[2]
	d2 := d1 - (x[2] - x[1])
	d3 := d2 - (x[2] - 2*x[1] + x[0])
	var s0, s1, s2, s3, s4 uint64
	for _, e0 := range x[maxOrder:] {
		e1 := e0 - d0
		e2 := e1 - d1
		e3 := e2 - d2
		e4 := e3 - d3
		d0, d1, d2, d3 = e0, e1, e2, e3
		s0 += uint64(magnitude(e0))
		s1 += uint64(magnitude(e1))
		s2 += uint64(magnitude(e2))
		s3 += uint64(magnitude(e3))
		s4 += uint64(magnitude(e4))
	}
	return [maxOrder + 1]uint64{s0, s1, s2, s3, s4}
}

// magnitude is the absolute value of v, also of the smallest one.
func magnitude(v int32) uint32 {
	sign := v >> 31
	return uint32(v ^ sign - sign)
}

// foldResiduals writes the residuals of x beyond the first order samples,
// folded into unsigned numbers (0, -1, 1, -2, ... become 0, 1, 2, 3, ...).
func foldResiduals(dst []uint32, x []int32, order int) {
	dst = dst[:len(x)-order]
	switch order {
	case 0:
		for i, v := range x {
			dst[i] = fold(v)
		}
	case 1:
		a := x[0]
		for i, v := range x[1:] {
			dst[i] = fold(v - a)
			a = v
		}
	case 2:
		b, a := x[0], x[1]
		for i, v := range x[2:] {
			dst[i] = fold(v - 2*a + b)
			b, a = a, v
		}
	case 3:
		c, b, a := x[0], x[1], x[2]
		for i, v := range x[3:] {
			dst[i] = fold(v - 3*(a-b) - c)
			c, b, a = b, a, v
		}
	case 4:
		d, c, b, a := x[0], x[1], x[2], x[3]
		for i, v := range x[4:] {
			dst[i] = fold(v - 4*(a+c) + 6*b + d)
			d, c, b, a = c, b, a, v
		}
	}
}

func fold(v int32) uint32 { return uint32(v<<1 ^ v>>31) }
