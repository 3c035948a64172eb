package mp3

import "math"

// The long transform has 36 inputs and 18 outputs a subband, the short one 12
// and 6, three times (clause C.1.5.3.3 and figure C.6).
const (
	shortLines   = 6
	shortWindows = 3
)

// longWindows holds the windows of clause 2.4.3.4.10.3 for whole transforms, by
// block type. They also bear the factor 1/9 that makes the inverse transform of
// the decoder, which has none, restore what went in.
var longWindows = func() (w [4][36]float32) {
	const scale = 1.0 / 9
	for i := range 36 {
		long := math.Sin(math.Pi / 36 * (float64(i) + 0.5))
		short := func(from int) float64 { return math.Sin(math.Pi / 12 * (float64(i-from) + 0.5)) }
		start, stop := long, long
		switch {
		case i < 6:
			stop = 0
		case i < 12:
			stop = short(6)
		case i < 18:
			stop = 1
		case i < 24:
			start = 1
		case i < 30:
			start = short(18)
		default:
			start = 0
		}
		w[blockLong][i] = float32(scale * long)
		w[blockStart][i] = float32(scale * start)
		w[blockStop][i] = float32(scale * stop)
	}
	return w
}()

// shortWindow is the window of a short transform, with the factor 1/3.
var shortWindow = func() (w [12]float32) {
	for i := range w {
		w[i] = float32(math.Sin(math.Pi/12*(float64(i)+0.5)) / 3)
	}
	return w
}()

// transformLong writes the 576 lines of a granule that is not short, from the
// subband samples of the granule before and its own, and folds back the aliases.
func transformLong(lines *[lineCount]float32, block blockType, before, now *subbandSamples) {
	w := &longWindows[block]
	for sb := range subbandCount {
		b, n := &before[sb], &now[sb]
		var v [slotCount]float32
		for i := range 9 {
			v[i] = -n[8-i]*w[26-i] - n[9+i]*w[27+i]
			v[9+i] = b[i]*w[i] - b[17-i]*w[17-i]
		}
		dctIV18((*[slotCount]float32)(lines[slotCount*sb:]), &v)
	}
	reduceAliases(lines)
}

// transformShort writes three spectra of 192 lines.
func transformShort(spectra *[shortWindows][lineCount / shortWindows]float32, before, now *subbandSamples) {
	var z [2 * slotCount]float32
	for sb := range subbandCount {
		copy(z[:], before[sb][:])
		copy(z[slotCount:], now[sb][:])
		for w := range shortWindows {
			shortMDCT((*[shortLines]float32)(spectra[w][shortLines*sb:]), (*[12]float32)(z[6+6*w:]))
		}
	}
}

// shortMDCT is the transform of 12 samples.
func shortMDCT(out *[shortLines]float32, z *[12]float32) {
	var v [shortLines]float32
	w := &shortWindow
	for i := range 3 {
		v[i] = -z[8-i]*w[8-i] - z[9+i]*w[9+i]
		v[3+i] = z[i]*w[i] - z[5-i]*w[5-i]
	}
	for k := range out {
		c := &cosines6[k]
		out[k] = v[0]*c[0] + v[1]*c[1] + v[2]*c[2] + v[3]*c[3] + v[4]*c[4] + v[5]*c[5]
	}
}

// cosines6 is the DCT-IV of 6 values, by output and input.
var cosines6 = func() (c [shortLines][shortLines]float32) {
	for k := range c {
		for n := range c[k] {
			c[k][n] = float32(math.Cos(math.Pi / 24 * float64((2*n+1)*(2*k+1))))
		}
	}
	return c
}()

var (
	secants18 = [18]float32(halfSecants(18))
	secants9  = [9]float32(halfSecants(9))
)

// dctIV18 returns X[k] = sum of v[n] cos((2n+1)(2k+1) pi/72): times twice the
// cosine of (2k+1) pi/72 it is the DCT of the sums of neighbours, which splits
// in two halves as dct32 does.
func dctIV18(out, v *[slotCount]float32) {
	var even, odd [9]float32
	even[0] = v[0]
	before := v[0] + v[1]
	odd[0] = before
	for i := 1; i < 9; i++ {
		even[i] = v[2*i-1] + v[2*i]
		next := v[2*i] + v[2*i+1]
		odd[i] = before + next
		before = next
	}
	dct9(&even)
	dct9(&odd)
	for k := range even {
		o := odd[k] * secants9[k]
		out[k] = (even[k] + o) * secants18[k]
		out[17-k] = (even[k] - o) * secants18[17-k]
	}
}

// cosines9 holds cos(i pi/18).
var cosines9 = func() (c [9]float32) {
	for i := range c {
		c[i] = float32(math.Cos(float64(i) * math.Pi / 18))
	}
	return c
}()

// dct9 turns u into S[k] = sum of u[m] cos((2k+1) m pi/18). Outputs k and 8-k
// share their even terms and have opposite odd ones.
func dct9(u *[9]float32) {
	c := &cosines9
	half := u[6] * 0.5 // cos(6 pi/18)
	a := u[0] + half
	e0 := a + u[2]*c[2] + u[4]*c[4] + u[8]*c[8]
	e1 := u[0] - u[6] + (u[2]-u[4]-u[8])*0.5
	e2 := a - u[2]*c[8] - u[4]*c[2] + u[8]*c[4]
	e3 := a - u[2]*c[4] + u[4]*c[8] - u[8]*c[2]
	e4 := u[0] - u[2] + u[4] - u[6] + u[8]
	t := u[3] * c[3]
	o0 := u[1]*c[1] + t + u[5]*c[5] + u[7]*c[7]
	o1 := (u[1] - u[5] - u[7]) * c[3]
	o2 := u[1]*c[5] - t - u[5]*c[7] + u[7]*c[1]
	o3 := u[1]*c[7] - t + u[5]*c[1] - u[7]*c[5]
	u[0], u[8] = e0+o0, e0-o0
	u[1], u[7] = e1+o1, e1-o1
	u[2], u[6] = e2+o2, e2-o2
	u[3], u[5] = e3+o3, e3-o3
	u[4] = e4
}

// aliasButterflies returns cs and ca of clause 2.4.3.4.10.1 from ci of table B.9.
var aliasButterflies = func() (b [8]struct{ cs, ca float32 }) {
	ci := [8]float64{-0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037}
	for i, c := range ci {
		b[i].cs = float32(1 / math.Sqrt(1+c*c))
		b[i].ca = float32(c / math.Sqrt(1+c*c))
	}
	return b
}()

// reduceAliases folds back what the overlap of neighbouring subbands has put in
// twice (clause C.1.5.3.3, figure C.8): the transpose of the decoder's butterflies.
func reduceAliases(lines *[lineCount]float32) {
	for edge := slotCount; edge < lineCount; edge += slotCount {
		lower := (*[8]float32)(lines[edge-8:])
		upper := (*[8]float32)(lines[edge:])
		for i, b := range aliasButterflies {
			l, u := lower[7-i], upper[i]
			lower[7-i] = l*b.cs + u*b.ca
			upper[i] = u*b.cs - l*b.ca
		}
	}
}
