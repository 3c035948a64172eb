package mp3

import (
	"math"
	"math/rand/v2"
	"testing"
)

// hear gives the threshold by band, in dB, after some granules of a signal.
func hear(of func(i int) float64) (db [longBands]float64) {
	e := bandEdgesOf[44100]
	long, _ := newLayouts(&e)
	l := &listener{model: newPsychoModel(44100, &long)}
	pcm := make([]float32, 4*lineCount+fftSize)
	for i := range pcm {
		pcm[i] = float32(of(i))
	}
	var allowed [maxBands]float32
	for from := 0; from+fftSize <= len(pcm); from += lineCount {
		l.spectra(pcm[from:from+fftSize], pcm[from:from+fftSize])
		l.ears[0].listen(l.model, &allowed)
	}
	for b := range db {
		db[b] = 10 * math.Log10(float64(allowed[b]))
	}
	return db
}

func TestThresholds(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	silence := hear(func(int) float64 { return 0 })
	tone := hear(func(i int) float64 { return 0.5 * math.Sin(2*math.Pi*2000/44100*float64(i)) })
	quieter := hear(func(i int) float64 { return 0.05 * math.Sin(2*math.Pi*2000/44100*float64(i)) })
	noise := hear(func(int) float64 { return 0.1 * rng.NormFloat64() })
	const toneBand = 11 // 52 to 62 lines of 38 Hz
	e := bandEdgesOf[44100]

	// A full-scale sine has energy 1 in the lines of a granule.
	if below := 10*math.Log10(0.25) - tone[toneBand]; below < 14 || below > 32 {
		t.Errorf("a tone masks %.1f dB below itself", below)
	}
	noiseEnergy := 10 * math.Log10(0.01*float64(e.long[toneBand+1]-e.long[toneBand])/288)
	if below := noiseEnergy - noise[toneBand]; below < 3 || below > 12 {
		t.Errorf("noise masks %.1f dB below itself", below)
	}
	if up, down := tone[toneBand+2]-tone[toneBand+3], tone[toneBand-2]-tone[toneBand-3]; up < 0 || down < up {
		t.Errorf("masking falls by %.1f dB a band upwards, %.1f downwards", up, down)
	}
	if drop := tone[toneBand] - quieter[toneBand]; math.Abs(drop-20) > 1 {
		t.Errorf("a tone 20 dB lower masks %.1f dB less", drop)
	}
	for b := range silence {
		if audible := b < 19; silence[b] > tone[b]+0.01 || audible && silence[b] > -70 {
			t.Errorf("band %d: %.1f dB in silence, %.1f dB beside a tone", b, silence[b], tone[b])
		}
	}
}

func TestFastLog2(t *testing.T) {
	for v := 1e-9; v < 1e9; v *= 1.37 {
		near(t, "log2", math.Log2(v), float64(fastLog2(float32(v))), 0.01)
	}
}
