package mp3

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Any lines, any thresholds and any budget: the bits suffice, and the trials
// stay within their bound.
func TestRateLoopIsBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	most := 0
	for name, lay := range layouts(t) {
		t.Run(name, func(t *testing.T) {
			r := newRateLoop()
			for range 2000 {
				g := granule{block: blockLong, lay: lay}
				if lay.short {
					g.block = blockShort
				}
				level, tilt := math.Exp2(-24*rng.Float64()), rng.Float64()*0.05
				for i := range g.lines {
					if rng.IntN(8) > 0 {
						g.lines[i] = float32(level * math.Exp(-tilt*float64(i)) * rng.NormFloat64())
					}
				}
				g.sumEnergy()
				for b := range lay.bands {
					g.allowed[b] = float32(math.Exp2(-40 * rng.Float64()))
				}
				budget := rng.IntN(maxPart23Bits + 1)
				r.run(&g, budget, rng.IntN(300)-150)
				if g.coding.bits > budget {
					t.Fatalf("%d bits of %d", g.coding.bits, budget)
				}
				if written := bitsWritten(&g.coding, &g.lines, lay); written != g.coding.bits {
					t.Fatalf("want %d bits, got %d", g.coding.bits, written)
				}
				most = max(most, r.trials)
			}
		})
	}
	if most > maxTrials {
		t.Errorf("%d trials, at most %d", most, maxTrials)
	}
	t.Logf("at most %d trials", most)
}

// With twice as much noise allowed in one half of the bands, they get about
// twice as much.
func TestRateLoopFollowsTheThresholds(t *testing.T) {
	lay := layouts(t)["long"]
	rng := rand.New(rand.NewPCG(4, 4))
	g := granule{block: blockLong, lay: lay}
	for i := range g.lines {
		g.lines[i] = float32(rng.NormFloat64() * 0.02)
	}
	g.sumEnergy()
	for b := range lay.bands {
		g.allowed[b] = g.energy[b] / 1000
		if b%2 == 1 {
			g.allowed[b] *= 4
		}
	}
	r := newRateLoop()
	r.run(&g, 2500, 0)
	var noise [maxBands]float32
	g.coding.noise(&noise, &g.lines, &g.energy, lay)
	sums := [2]float64{}
	for b := 4; b < longScalefactors-1; b++ {
		sums[b%2] += float64(noise[b] / g.energy[b])
	}
	if ratio := sums[1] / sums[0]; ratio < 2.5 || ratio > 6 {
		t.Errorf("want about 4 times the noise, got %.1f times", ratio)
	}
}

// The reservoir saves for what is to come and never promises what it has not.
func TestBudget(t *testing.T) {
	const mean = 3000
	b := newBudget()
	tests := []struct {
		name      string
		want      float32
		reserve   int
		low, high int
	}{
		{"nothing to do, empty", 0, 0, 0, mean},
		{"nothing to do, full", 0, maxReserveBit, mean, mean},
		{"rich, empty", 20000, 0, mean, mean},
		{"rich, full", 20000, maxReserveBit, mean + maxReserveBit/2, mean + maxReserveBit},
		{"as usual", mean, maxReserveBit / 2, mean - 500, mean + 500},
	}
	for _, tt := range tests {
		if got := b.frame(tt.want, mean, tt.reserve); got < tt.low || got > tt.high {
			t.Errorf("%s: want %d to %d bits, got %d", tt.name, tt.low, tt.high, got)
		}
	}
}
