package mp3

import "math"

// fftSize is the window of the psychoacoustic model, 23 ms at 44.1 kHz.
const fftSize = 1024

// fftTurns is exp(-2 pi i k/fftSize).
var fftTurns = func() (t [fftSize]complex64) {
	for k := range t {
		sin, cos := math.Sincos(-2 * math.Pi * float64(k) / fftSize)
		t[k] = complex(float32(cos), float32(sin))
	}
	return t
}()

// fft transforms x and leaves the result in x or in spare; it returns which. Five
// stages of radix 4 sort themselves (Stockham's order): what is 4n apart at first
// lies side by side in the end.
func fft(x, spare *[fftSize]complex64) *[fftSize]complex64 {
	from, to := x, spare
	for stride := 1; stride < fftSize; stride *= 4 {
		for p := 0; p < fftSize/4; p += stride {
			radix4(to, from, p, stride)
		}
		from, to = to, from
	}
	return from
}

// radix4 turns sums and differences of four runs of from, a quarter of it apart and
// stride long, which begin at p; the results lie side by side in to.
func radix4(to, from *[fftSize]complex64, p, stride int) {
	w1, w2, w3 := fftTurns[p], fftTurns[2*p], fftTurns[3*p]
	a, b := from[p:p+stride], from[p+fftSize/4:p+fftSize/4+stride]
	c, d := from[p+fftSize/2:p+fftSize/2+stride], from[p+fftSize*3/4:p+fftSize*3/4+stride]
	out := to[4*p : 4*p+4*stride]
	o0, o1, o2, o3 := out[:stride], out[stride:2*stride], out[2*stride:3*stride], out[3*stride:]
	n := len(a)
	b, c, d = b[:n], c[:n], d[:n]
	o0, o1, o2, o3 = o0[:n], o1[:n], o2[:n], o3[:n]
	for q := range a {
		ac, bd := a[q]+c[q], b[q]+d[q]
		am, bm := a[q]-c[q], b[q]-d[q]
		bm = complex(imag(bm), -real(bm)) // times -i
		o0[q] = ac + bd
		o1[q] = (am + bm) * w1
		o2[q] = (ac - bd) * w2
		o3[q] = (am - bm) * w3
	}
}
