package alac_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio/alac"
)

// signals are what a channel may carry; a is the largest value.
var signals = []func(rng *rand.Rand, i int, a float64) float64{
	func(*rand.Rand, int, float64) float64 { return 0 },
	func(_ *rand.Rand, i int, a float64) float64 { return a * math.Sin(float64(i)/9) },
	func(_ *rand.Rand, i int, a float64) float64 { return math.Copysign(a, float64(i%60-30)) },
	func(rng *rand.Rand, _ int, a float64) float64 { return a * math.Trunc(rng.NormFloat64()/3) / 2 },
	func(rng *rand.Rand, _ int, a float64) float64 { return a * (2*rng.Float64() - 1) },
}

func somePCM(rng *rand.Rand, c alac.Config, frames int) []int32 {
	signal := signals[rng.IntN(len(signals))]
	largest := math.Ldexp(1, c.BitDepth-1) - 1
	amplitude := math.Ldexp(largest, -rng.IntN(c.BitDepth))
	pcm := make([]int32, frames*c.Channels)
	for i := range pcm {
		pcm[i] = int32(max(-largest-1, min(largest, signal(rng, i, amplitude))))
	}
	return pcm
}

// someEncoder has the given order and everything else by chance.
func someEncoder(rng *rand.Rand, frames, order int) encoder {
	coin := func() bool { return rng.IntN(2) == 0 }
	e := encoder{
		config: with(func(c *alac.Config) {
			c.BitDepth = 16 + 8*rng.IntN(2)
			c.Channels = 1 + rng.IntN(2)
			c.KB = 1 + rng.IntN(16)
			c.MB = rng.IntN(256)
		}),
		escape:   rng.IntN(8) == 0,
		end:      coin(),
		hasSize:  frames < 352 || coin(),
		mixBits:  rng.IntN(5),
		mode:     rng.IntN(6) / 5,
		denShift: rng.IntN(16),
		pbFactor: rng.IntN(8),
		order:    order,
	}
	e.mixRes = int32(rng.IntN(1<<e.mixBits + 1))
	if e.config.BitDepth == 24 && !e.escape {
		e.bytesShifted = rng.IntN(2)
	}
	for range order {
		// Coefficients around those of a real predictor, and the extremes.
		e.coefs = append(e.coefs, int16(rng.Int32()>>(16+rng.IntN(16))))
	}
	return e
}

// TestRoundTrip decodes packets of every shape back to what was encoded.
func TestRoundTrip(t *testing.T) {
	const shapesPerOrder = 40
	for order := range 32 {
		t.Run(fmt.Sprintf("order %d", order), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, uint64(order)))
			for range shapesPerOrder {
				checkRoundTrip(t, rng, order)
			}
		})
	}
}

func checkRoundTrip(t *testing.T, rng *rand.Rand, order int) {
	t.Helper()
	frames := 352
	if rng.IntN(4) == 0 {
		frames = 1 + rng.IntN(352)
	}
	e := someEncoder(rng, frames, order)
	want := somePCM(rng, e.config, frames)
	packet := e.packet(want)
	if len(packet) > 2*352*e.config.Channels*e.config.BitDepth/8 {
		return // The parameters fit the signal so badly that no encoder would send it.
	}
	dst := make([]int32, 352*e.config.Channels)
	got, err := newDecoder(t, e.config).Decode(dst, packet)
	if err != nil || got != frames {
		t.Fatalf("want %d frames, got %d, %v: %+v", frames, got, err, e)
	}
	if !slices.Equal(want, dst[:len(want)]) {
		t.Fatalf("samples differ: %+v", e)
	}
}
