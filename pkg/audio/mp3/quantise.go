package mp3

import "math"

// rounding is added before a value is cut off to a whole number. The nearest
// value would need 0.4054 (clause C.1.5.4.4.1: nint of value-0.0946), as restored
// sizes grow faster than values. A little less saves more in bits, which finer
// steps then use better, than it costs in noise.
const rounding = 0.37

// shrink is 2^(-3 step/16), by which |line|^(3/4) is multiplied, and restore is
// 2^(step/4), by step-minStep.
var shrink, restore = func() (s, r [maxStep - minStep + 1]float32) {
	for i := range s {
		s[i] = float32(math.Exp2(-3 * float64(i+minStep) / 16))
		r[i] = float32(math.Exp2(float64(i+minStep) / 4))
	}
	return s, r
}()

// power43 is value^(4/3).
var power43 = func() (p [maxValue + 1]float32) {
	for i := range p {
		p[i] = float32(math.Pow(float64(i), 4.0/3))
	}
	return p
}()

// A coding is what a granule of a channel becomes in the bitstream.
type coding struct {
	scalefactors
	division
	values  [lineCount]uint16 // sizes; the signs are those of the lines
	largest [maxBands]uint16
	bits    int // part2_3_length
}

// roots is |line|^(3/4) of a granule, and its largest and what lies below it
// by band.
type roots struct {
	lines   [lineCount]float32
	largest [maxBands]float32
}

func (r *roots) take(lines *[lineCount]float32, lay *layout) {
	for i, x := range lines {
		x = abs(x)
		r.lines[i] = sqrt(x * sqrt(x))
	}
	for b := range lay.bands {
		top := float32(0)
		for _, v := range r.lines[lay.edges[b]:lay.edges[b+1]] {
			top = max(top, v)
		}
		r.largest[b] = top
	}
}

// quantise fills values with the steps that the scalefactors specify.
func (c *coding) quantise(r *roots, lay *layout) {
	for b := range lay.bands {
		factor := shrink[c.step(lay, b)-minStep]
		from, to := lay.edges[b], lay.edges[b+1]
		values := c.values[from:to]
		c.largest[b] = uint16(r.largest[b]*factor + rounding)
		if c.largest[b] == 0 {
			clear(values)
			continue
		}
		for i, v := range r.lines[from:to] {
			values[i] = uint16(int32(v*factor + rounding))
		}
	}
}

// count returns part2_3_length.
func (c *coding) count(lay *layout) int {
	return c.scalefactors.bits(lay) + c.division.count(&c.values, lay, &c.largest)
}

// write puts out scalefactors and values as main data. lines have the signs.
func (c *coding) write(w *bitWriter, lines *[lineCount]float32, lay *layout) {
	c.scalefactors.write(w, lay)
	for r, table := range c.tables {
		from, to := c.regionEdges[r], c.regionEdges[r+1]
		w.pairs(c.values[from:to], lines[from:to], table)
	}
	from := 2 * c.pairs
	to := from + 4*c.quads
	w.quads(c.values[from:to], lines[from:to], c.quadTable)
}

// noise is the energy of what the quantiser changes, by band.
func (c *coding) noise(noise *[maxBands]float32, lines *[lineCount]float32, energy *[maxBands]float32, lay *layout) {
	for b := range lay.bands {
		if c.largest[b] == 0 {
			noise[b] = energy[b]
			continue
		}
		size := restore[c.step(lay, b)-minStep]
		from, to := lay.edges[b], lay.edges[b+1]
		values := c.values[from:to]
		sum := float32(0)
		for i, x := range lines[from:to] {
			d := abs(x) - power43[values[i]]*size
			sum += d * d
		}
		noise[b] = sum
	}
}

func abs(x float32) float32 {
	return math.Float32frombits(math.Float32bits(x) &^ (1 << 31))
}

func sqrt(x float32) float32 {
	return float32(math.Sqrt(float64(x)))
}
