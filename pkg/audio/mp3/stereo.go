package mp3

import "math"

// demand estimates the bits of a granule whose noise is level times what is
// allowed: half the logarithm of the signal by the noise, summed over the lines.
func demand(lines *[lineCount]float32, allowed *[maxBands]float32, lay *layout, level float32) float32 {
	sum := float32(0)
	for b := range lay.bands {
		band := lines[lay.edges[b]:lay.edges[b+1]]
		perNoise := float32(len(band)) / (level * allowed[b])
		for ; len(band) >= 2; band = band[2:] {
			sum += fastLog2((1 + band[0]*band[0]*perNoise) * (1 + band[1]*band[1]*perNoise))
		}
	}
	return sum / 2
}

// middleAndSide turns left and right into their sum and their difference over the
// root of 2 (clause 2.4.3.4.9.2).
func middleAndSide(middle, side, left, right *[lineCount]float32) {
	const root = math.Sqrt2 / 2
	for i, l := range left {
		r := right[i]
		middle[i], side[i] = (l+r)*root, (l-r)*root
	}
}

// tryMiddleSide compares the demand of a frame as left and right and as middle
// and side, and turns the granules into the latter if they need fewer bits. Noise
// of both comes out on either side with half its power, so that each may have
// what the more sensitive side allows.
func (e *Encoder) tryMiddleSide(level float32) {
	leftRight, midSide := float32(0), float32(0)
	for i := range e.frame {
		l, r := &e.frame[i][0], &e.frame[i][1]
		middleAndSide(&e.turned[i][0], &e.turned[i][1], &l.lines, &r.lines)
		for b := range l.lay.bands {
			e.turnedAllowed[i][b] = min(l.allowed[b], r.allowed[b])
		}
		for ch := range e.frame[i] {
			g := &e.frame[i][ch]
			g.demand = demand(&g.lines, &g.allowed, g.lay, level)
			leftRight += g.demand
			e.turnedDemand[i][ch] = demand(&e.turned[i][ch], &e.turnedAllowed[i], g.lay, level)
			midSide += e.turnedDemand[i][ch]
		}
	}
	e.header.midSide = midSide < leftRight
	if !e.header.midSide {
		return
	}
	for i := range e.frame {
		for ch := range e.frame[i] {
			g := &e.frame[i][ch]
			g.lines, g.allowed, g.demand = e.turned[i][ch], e.turnedAllowed[i], e.turnedDemand[i][ch]
		}
	}
}
