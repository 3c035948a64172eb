package mp3

import "math"

// A step is the size of a quantiser's step in quarters of a power of two, as
// global_gain counts: lines are restored as value^(4/3) 2^(step/4).
type step = int

// Range of the fields that make up a step (clause 2.4.3.4.7.1).
const (
	gainBias        = 210 // global_gain of step 0
	maxGlobalGain   = 255
	minStep         = -gainBias
	maxStep         = maxGlobalGain - gainBias
	maxSubblockGain = 7
	subblockUnit    = 8
	fineUnit        = 2
	coarseUnit      = 4
)

// slen1 and slen2 are the bits of the scalefactors of the lower and the upper
// bands by scalefac_compress (clause 2.4.2.7).
var slen = [16][2]uint8{
	{0, 0}, {0, 1}, {0, 2}, {0, 3}, {3, 0}, {1, 1}, {1, 2}, {1, 3},
	{2, 1}, {2, 2}, {2, 3}, {3, 1}, {3, 2}, {3, 3}, {4, 2}, {4, 3},
}

// Bands up to these have slen1 bits, the others slen2.
const (
	longSlen1Bands  = 11
	shortSlen1Bands = 6 * shortWindows
)

// Largest scalefactors with 4 and 3 bits.
const (
	maxScalefactor1 = 15
	maxScalefactor2 = 7
)

// pretab is added to the scalefactors when preflag is set (table B.6).
var pretab = [longScalefactors]uint8{11: 1, 1, 1, 1, 2, 2, 3, 3, 3, 2}

// scalefactors are the fields of a granule that say how large its steps are.
type scalefactors struct {
	globalGain   int
	coarse       bool // scalefac_scale: a scalefactor counts 4 quarters, not 2
	preflag      bool
	compress     uint8
	subblockGain [shortWindows]uint8
	factors      [maxBands]uint8
}

func (s *scalefactors) unit() step {
	if s.coarse {
		return coarseUnit
	}
	return fineUnit
}

// step is the size of the steps in band b.
func (s *scalefactors) step(lay *layout, b int) step {
	size := s.globalGain - gainBias - s.unit()*int(s.factors[b])
	if lay.short {
		return size - subblockUnit*int(s.subblockGain[b%shortWindows])
	}
	if s.preflag && b < longScalefactors {
		size -= s.unit() * int(pretab[b])
	}
	return size
}

// bits is the length of the scalefactors in the main data, part2_length.
func (s *scalefactors) bits(lay *layout) int {
	first := longSlen1Bands
	if lay.short {
		first = shortSlen1Bands
	}
	l := slen[s.compress]
	return first*int(l[0]) + (lay.scalefactors-first)*int(l[1])
}

// limit is the largest scalefactor of band b.
func (lay *layout) limit(b int) int {
	switch {
	case b >= lay.scalefactors:
		return 0
	case lay.short && b < shortSlen1Bands, !lay.short && b < longSlen1Bands:
		return maxScalefactor1
	default:
		return maxScalefactor2
	}
}

// A wish is the step that a band should have, and the largest that it must not
// have to stay within maxValue. A band that is to vanish has the smallest step
// with which it does, and does not mind a larger one.
type wish struct {
	want   float32
	least  step
	vanish bool
}

// fulfil chooses the fields so that the steps come near to what is wished, and
// none falls below the least of its band.
func (s *scalefactors) fulfil(lay *layout, wishes *[maxBands]wish) {
	*s = scalefactors{}
	if lay.short {
		s.placeWindows(lay, wishes)
	} else {
		s.globalGain = base(lay, wishes, 0, 1) + gainBias
	}
	top := s.globalGain - gainBias
	s.coarse = s.tooFine(lay, wishes, top)
	s.preflag = !lay.short && s.worthPreflag(wishes, top)
	for b := range lay.scalefactors {
		s.factors[b] = s.factor(lay, &wishes[b], b)
	}
	s.compress = s.smallestCompress(lay)
}

// How far above its wish the smallest step of a band may lie, for the sake of the
// bands that then need no bits for steps too small. In long granules only the
// band without a scalefactor has a say: the others suffer less from too large a
// step than all do from a lower base. In short ones it is noise before an attack
// that would be too loud.
const (
	longSlack  = 8
	shortSlack = 2
)

// base is the step from which the scalefactors of some bands, first, first+stride
// and so on, count downwards: the largest that any of them wishes for, but not so
// large that another cannot come down to its own.
func base(lay *layout, wishes *[maxBands]wish, first, stride int) step {
	highest, reach, least := float32(minStep), float32(maxStep), step(minStep)
	for b := first; b < lay.bands; b += stride {
		w := &wishes[b]
		highest = max(highest, w.want)
		least = max(least, w.least)
		switch {
		case w.vanish: // a larger step will do
		case lay.short:
			reach = min(reach, w.want+float32(coarseUnit*lay.limit(b)+shortSlack))
		case b >= lay.scalefactors:
			reach = min(reach, w.want+longSlack)
		}
	}
	return min(max(ceil(min(highest, reach)), least), maxStep)
}

// placeWindows gives each window of a short granule a gain of its own.
func (s *scalefactors) placeWindows(lay *layout, wishes *[maxBands]wish) {
	var bases [shortWindows]step
	top := step(minStep)
	for w := range bases {
		bases[w] = base(lay, wishes, w, shortWindows)
		top = max(top, bases[w])
	}
	s.globalGain = top + gainBias
	for w, base := range bases {
		s.subblockGain[w] = uint8(min((top-base)/subblockUnit, maxSubblockGain))
	}
}

// tooFine reports whether scalefactors of the fine unit cannot reach the
// smallest steps.
func (s *scalefactors) tooFine(lay *layout, wishes *[maxBands]wish, top step) bool {
	for b := range lay.scalefactors {
		base := top
		if lay.short {
			base -= subblockUnit * int(s.subblockGain[b%shortWindows])
		}
		reach := base - fineUnit*lay.limit(b)
		if !lay.short && b >= longSlen1Bands {
			reach -= fineUnit * int(pretab[b])
		}
		if !wishes[b].vanish && wishes[b].want < float32(reach)-fineUnit/2 {
			return true
		}
	}
	return false
}

// worthPreflag reports whether all upper bands are to be amplified at least as
// much as pretab does.
func (s *scalefactors) worthPreflag(wishes *[maxBands]wish, top step) bool {
	for b := longSlen1Bands; b < longScalefactors; b++ {
		need := float32(top - s.unit()*int(pretab[b]))
		slack := float32(s.unit()) / 2
		if wishes[b].vanish {
			slack = 0
		}
		if wishes[b].want > need+slack || wishes[b].least > int(need) {
			return false
		}
	}
	return true
}

// factor is the scalefactor that comes nearest to a wish.
func (s *scalefactors) factor(lay *layout, w *wish, b int) uint8 {
	if w.vanish {
		return 0
	}
	unit := s.unit()
	base := s.step(lay, b) // factors[b] is still zero
	nearest := int(math.Round(float64((float32(base) - w.want) / float32(unit))))
	return uint8(max(0, min(nearest, lay.limit(b), (base-w.least)/unit)))
}

// smallestCompress finds the shortest fields that hold all factors.
func (s *scalefactors) smallestCompress(lay *layout) uint8 {
	first := longSlen1Bands
	if lay.short {
		first = shortSlen1Bands
	}
	top1, top2 := uint8(0), uint8(0)
	for b := range lay.scalefactors {
		if b < first {
			top1 = max(top1, s.factors[b])
		} else {
			top2 = max(top2, s.factors[b])
		}
	}
	best, fewest := uint8(0), -1
	for i, l := range slen {
		if top1>>l[0] != 0 || top2>>l[1] != 0 {
			continue
		}
		n := first*int(l[0]) + (lay.scalefactors-first)*int(l[1])
		if fewest < 0 || n < fewest {
			best, fewest = uint8(i), n
		}
	}
	return best
}

// write puts out the scalefactors as main data (clause 2.4.1.7, scalefac_l and
// scalefac_s).
func (s *scalefactors) write(w *bitWriter, lay *layout) {
	first := longSlen1Bands
	if lay.short {
		first = shortSlen1Bands
	}
	l := slen[s.compress]
	for b := range lay.scalefactors {
		if b < first {
			w.write(uint32(s.factors[b]), uint(l[0]))
		} else {
			w.write(uint32(s.factors[b]), uint(l[1]))
		}
	}
}

func ceil(v float32) int {
	return int(math.Ceil(float64(v)))
}
