package mp3

import "math"

// Shape of a granule: 18 samples in each of 32 subbands, which the MDCT turns
// into 576 lines.
const (
	subbandCount = 32
	slotCount    = 18
	lineCount    = subbandCount * slotCount
)

// polyphaseTaps is how much PCM one slot of subband samples depends on.
const polyphaseTaps = 512

// subbandSamples is a granule between the two filterbanks, by subband and slot.
type subbandSamples [subbandCount][slotCount]float32

// analysisWindow is Ci of table C.1 by position in a block of 64 samples and
// by block, both in the order of time.
var analysisWindow = func() (w [64][8]float32) {
	for r := range w {
		for block := range w[r] {
			i := 63 - r + 64*(7-block)
			c := prototype[min(i, 512-i)]
			if i/64%2 == 1 {
				c = -c
			}
			w[r][block] = float32(c) / (1 << 21)
		}
	}
	return w
}()

// analyse is the polyphase analysis of clause C.1.3 for 18 slots of 32 samples.
// pcm starts polyphaseTaps-32 samples before the first slot. Odd samples of odd
// subbands change their sign, which makes up for the frequency inversion of the
// filterbank (clause 2.4.3.4.10.4).
func (s *subbandSamples) analyse(pcm []float32) {
	var bands [subbandCount]float32
	for slot := range slotCount {
		foldWindow(&bands, pcm[32*slot:])
		dct32(&bands)
		for k := range bands {
			s[k][slot] = bands[k]
		}
		if slot%2 == 1 {
			for k := 1; k < subbandCount; k += 2 {
				s[k][slot] = -s[k][slot]
			}
		}
	}
}

// foldWindow weights 512 samples, adds up those that meet the same cosine, and
// folds the 64 sums to the 32 inputs of a DCT: in the matrix of clause C.1.3,
// cos((2k+1)(i-16)pi/64), i = 16+m and i = 16-m are equal, i = 16+m and
// i = 80-m opposite.
func foldWindow(u *[subbandCount]float32, pcm []float32) {
	var y [64]float32
	b0, b1, b2, b3 := (*[64]float32)(pcm), (*[64]float32)(pcm[64:]), (*[64]float32)(pcm[128:]), (*[64]float32)(pcm[192:])
	b4, b5, b6, b7 := (*[64]float32)(pcm[256:]), (*[64]float32)(pcm[320:]), (*[64]float32)(pcm[384:]), (*[64]float32)(pcm[448:])
	for r := range y {
		w := &analysisWindow[r]
		y[63-r] = b0[r]*w[0] + b1[r]*w[1] + b2[r]*w[2] + b3[r]*w[3] +
			(b4[r]*w[4] + b5[r]*w[5] + b6[r]*w[6] + b7[r]*w[7])
	}
	u[0] = y[16]
	for m := 1; m <= 16; m++ {
		u[m] = y[16+m] + y[16-m]
	}
	for m := 17; m < subbandCount; m++ {
		u[m] = y[16+m] - y[80-m]
	}
}

// halfSecants returns 1/(2 cos((2k+1)pi/(4n))) for k < n: what the odd half of a
// DCT of 2n values is multiplied with.
func halfSecants(n int) []float32 {
	s := make([]float32, n)
	for k := range s {
		s[k] = float32(0.5 / math.Cos(float64(2*k+1)*math.Pi/float64(4*n)))
	}
	return s
}

var (
	secants16 = [16]float32(halfSecants(16))
	secants8  = [8]float32(halfSecants(8))
	secants4  = [4]float32(halfSecants(4))
	secants2  = [2]float32(halfSecants(2))
)

// dct32 turns u into S[k] = sum of u[m] cos((2k+1) m pi/64). The even inputs are
// a DCT of half the size, and so are sums of neighbouring odd ones but for a
// factor (B. G. Lee, "A new algorithm to compute the discrete cosine transform",
// 1984). dct16, dct8 and dct4 go on in the same way.
func dct32(u *[32]float32) {
	var even, odd [16]float32
	even[0], odd[0] = u[0], u[1]
	for i := 1; i < 16; i++ {
		even[i], odd[i] = u[2*i], u[2*i-1]+u[2*i+1]
	}
	dct16(&even)
	dct16(&odd)
	for k := range even {
		o := odd[k] * secants16[k]
		u[k], u[31-k] = even[k]+o, even[k]-o
	}
}

func dct16(u *[16]float32) {
	var even, odd [8]float32
	even[0], odd[0] = u[0], u[1]
	for i := 1; i < 8; i++ {
		even[i], odd[i] = u[2*i], u[2*i-1]+u[2*i+1]
	}
	dct8(&even)
	dct8(&odd)
	for k := range even {
		o := odd[k] * secants8[k]
		u[k], u[15-k] = even[k]+o, even[k]-o
	}
}

func dct8(u *[8]float32) {
	e0, e1, e2, e3 := dct4(u[0], u[2], u[4], u[6])
	o0, o1, o2, o3 := dct4(u[1], u[1]+u[3], u[3]+u[5], u[5]+u[7])
	o0, o1, o2, o3 = o0*secants4[0], o1*secants4[1], o2*secants4[2], o3*secants4[3]
	u[0], u[1], u[2], u[3] = e0+o0, e1+o1, e2+o2, e3+o3
	u[4], u[5], u[6], u[7] = e3-o3, e2-o2, e1-o1, e0-o0
}

func dct4(u0, u1, u2, u3 float32) (s0, s1, s2, s3 float32) {
	const half = math.Sqrt2 / 2 // cos(pi/4)
	e0, e1 := u0+half*u2, u0-half*u2
	o0, o1 := (u1+half*(u1+u3))*secants2[0], (u1-half*(u1+u3))*secants2[1]
	return e0 + o0, e1 + o1, e1 - o1, e0 - o0
}
