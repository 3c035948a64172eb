package mp3

import (
	"math/rand/v2"
	"testing"
)

// randomValues fall off towards the treble, as music does.
func randomValues(rng *rand.Rand, c *coding, lay *layout) (lines [lineCount]float32) {
	c.values, c.largest = [lineCount]uint16{}, [maxBands]uint16{}
	top := 1 << rng.IntN(14)
	end := 2 * rng.IntN(lineCount/2+1)
	for i := range end {
		here := max(1, top*(end-i)/(end+1)/(1+i/8))
		c.values[i] = uint16(min(rng.IntN(here+1), maxValue))
		lines[i] = float32(rng.IntN(2)*2 - 1)
	}
	for b := range lay.bands {
		c.largest[b] = largestOf(c.values[lay.edges[b]:lay.edges[b+1]])
	}
	return lines
}

// What is counted is what is written, and the best division is not worse than
// any other.
func TestDivision(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	var s splitter
	for name, lay := range layouts(t) {
		t.Run(name, func(t *testing.T) {
			for range 300 {
				var c coding
				lines := randomValues(rng, &c, lay)
				c.division = division{switched: lay.short, region0: 1 + rng.IntN(maxRegion0), region1: 1 + rng.IntN(maxRegion1)}
				any := c.count(lay)
				if written := bitsWritten(&c, &lines, lay); written != any {
					t.Fatalf("want %d bits, got %d", any, written)
				}
				s.best(&c.division, &c.values, lay)
				best := c.count(lay)
				if best > any {
					t.Fatalf("%d bits in the best division, %d in another", best, any)
				}
				if !lay.short && c.pairs > 0 {
					if exhaustive := fewestBits(c, lay); exhaustive != best {
						t.Fatalf("want %d bits, got %d", exhaustive, best)
					}
				}
			}
		})
	}
}

func bitsWritten(c *coding, lines *[lineCount]float32, lay *layout) int {
	var w bitWriter
	c.write(&w, lines, lay)
	return 8*len(w.buf) + int(w.count)
}

func fewestBits(c coding, lay *layout) int {
	fewest := 1 << 20
	for c.region0 = 1; c.region0 <= maxRegion0; c.region0++ {
		for c.region1 = 1; c.region1 <= maxRegion1; c.region1++ {
			fewest = min(fewest, c.count(lay))
		}
	}
	return fewest
}
