package mp3

import "math"

// A granule is 576 lines of one channel on their way to be coded.
type granule struct {
	block   blockType
	lay     *layout
	lines   [lineCount]float32 // in the order of the bitstream
	energy  [maxBands]float32
	allowed [maxBands]float32 // noise that the ear does not notice, by band
	demand  float32           // bits, about, with the noise that the budget aims at
	want    float32           // bits, as experience corrects the demand
	coding  coding
}

// Bounds of the rate loop. A trial quantises and counts a granule once. A search
// makes up to searchTrials trials; if none of them fits, the steps grow twice as
// fast each time until they do, in the end because every line vanishes. There are
// 256 steps, so that this takes growthTrials more at worst.
const (
	rounds       = 3
	searchTrials = 6
	growthTrials = 8

	// maxTrials bounds how often a granule of a channel is quantised.
	maxTrials = rounds * (searchTrials + growthTrials)
)

// finestOffset stops the search where the noise lies 50 dB below what is allowed.
const finestOffset = -44

// offsetUnit: noise grows with the power 3/2 of the step, by 2^(3/8) from one
// quarter of a power of two to the next.
const offsetUnit = 3.0 / 8

// The rateLoop finds the steps of all bands for a granule: noise in proportion
// to what is allowed in each, as little of it as the bits permit (in place of
// the two nested loops of clause C.1.5.4).
type rateLoop struct {
	roots    roots
	splitter splitter
	noise    [maxBands]float32

	// Steps in quarters of a power of two, by band: the one with just the
	// allowed noise, the smallest permitted, and the smallest that leaves nothing.
	base   [maxBands]float32
	least  [maxBands]step
	vanish [maxBands]float32
	wishes [maxBands]wish

	pool            [3]coding
	trial, fit, out *coding
	region0         int // where the last granule had its borders
	region1         int
	trials          int // of the last granule
}

func newRateLoop() *rateLoop {
	r := &rateLoop{region0: 8, region1: 6}
	r.trial, r.fit, r.out = &r.pool[0], &r.pool[1], &r.pool[2]
	return r
}

// run codes g in at most budget bits. offset is a guess of how far the steps lie
// from those with just the allowed noise; the value that fitted is returned.
func (r *rateLoop) run(g *granule, budget, offset int) int {
	r.prepare(g)
	r.trials = 0
	lowest, found := float32(math.Inf(1)), offset
	for round := range rounds {
		offset = r.search(g, budget, offset)
		r.fit.noise(&r.noise, &g.lines, &g.energy, g.lay)
		if round < rounds-1 {
			r.correct(g)
		}
		if s := r.score(g); s < lowest {
			lowest, found = s, offset
			r.fit, r.out = r.out, r.fit
		}
	}
	r.splitter.best(&r.out.division, &r.out.values, g.lay)
	r.out.bits = r.out.count(g.lay)
	if g.block == blockLong {
		r.region0, r.region1 = r.out.region0, r.out.region1
	}
	g.coding = *r.out
	return found
}

// prepare solves the usual estimate of a quantiser's noise for the step: a
// value's neighbour lies 4/3 |x|^(1/4) step^(3/4) away, and the error is spread
// evenly, so that noise = 4/27 step^(3/2) times the sum of |x|^(1/2).
func (r *rateLoop) prepare(g *granule) {
	r.roots.take(&g.lines, g.lay)
	for b := range g.lay.bands {
		top := r.roots.largest[b]
		if top == 0 {
			r.base[b], r.least[b], r.vanish[b] = minStep, minStep, minStep
			continue
		}
		sum := float32(0)
		for _, x := range g.lines[g.lay.edges[b]:g.lay.edges[b+1]] {
			sum += sqrt(abs(x))
		}
		r.base[b] = float32(math.Log2(float64(6.75*g.allowed[b]*g.lay.tolerance[b]/sum)) / offsetUnit)
		r.vanish[b] = float32(16.0 / 3 * math.Log2(float64(top)/(1-rounding-0.001)))
		least := 16.0 / 3 * math.Log2(float64(top)/maxValue)
		r.least[b] = max(minStep, int(math.Ceil(least)))
	}
}

// search finds the smallest offset that fits in budget and leaves its coding in
// r.fit.
func (r *rateLoop) search(g *granule, budget, offset int) int {
	const unknown = 1 << 16
	low, high := finestOffset-1, unknown // does not fit, fits
	growth := 4
	for trials := 1; ; trials++ {
		over := r.try(g, offset) - budget
		slope := r.trial.slope()
		if over <= 0 {
			high = offset
			r.trial, r.fit = r.fit, r.trial
		} else {
			low = offset
		}
		close := over <= 0 && -over < slope/2
		if high != unknown && (close || high-low <= 1 || trials >= searchTrials) {
			return high
		}
		offset += over / slope
		if trials >= searchTrials {
			offset = max(offset, low+growth)
			growth *= 2
		}
		offset = max(low+1, min(offset, high-1))
	}
}

// slope is about how many bits less one step more for all bands takes: each line
// but the zeros shrinks by 3/16 of a bit.
func (c *coding) slope() int {
	return 1 + (2*c.pairs+2*c.quads)*3/16
}

// try quantises and counts once.
func (r *rateLoop) try(g *granule, offset int) (bitCount int) {
	for b := range g.lay.bands {
		want := max(r.base[b]+float32(offset), minStep)
		vanish := want >= r.vanish[b]
		if vanish {
			want = r.vanish[b]
		}
		r.wishes[b] = wish{want: want, least: r.least[b], vanish: vanish}
	}
	r.trials++
	c := r.trial
	c.fulfil(g.lay, &r.wishes)
	c.quantise(&r.roots, g.lay)
	c.division = division{switched: g.block != blockLong, region0: r.region0, region1: r.region1}
	c.bits = c.count(g.lay)
	return c.bits
}

// score is the mean of the noise in relation to what is allowed.
func (r *rateLoop) score(g *granule) float32 {
	sum := float32(0)
	for b := range g.lay.bands {
		if g.energy[b] > 0 {
			sum += r.noise[b] / g.allowed[b]
		}
	}
	return sum
}

// correct moves the steps of the bands whose noise is not in proportion.
func (r *rateLoop) correct(g *granule) {
	const most = 6
	mean, bands := 0.0, 0
	var excess [maxBands]float64
	for b := range g.lay.bands {
		if r.fit.largest[b] > 0 && r.noise[b] > 0 {
			excess[b] = math.Log2(float64(r.noise[b]/(g.allowed[b]*g.lay.tolerance[b]))) / offsetUnit
			mean += excess[b]
			bands++
		}
	}
	mean /= float64(max(bands, 1))
	for b := range g.lay.bands {
		if r.fit.largest[b] > 0 && r.noise[b] > 0 {
			r.base[b] -= float32(max(-most, min(most, excess[b]-mean)))
		}
	}
}
