package mp3

// A division cuts the quantised lines of a granule into up to three regions of
// pairs, each with its own table, then fours of values up to 1, then zeros
// (clause 2.4.2.7, big_values to count1table_select).
type division struct {
	pairs       int // big_values
	quads       int
	switched    bool // block_type is not 0: two regions, the first of fixed size
	region0     int  // bands in the first region, region0_count+1
	region1     int  // bands in the second, region1_count+1
	tables      [3]uint8
	quadTable   uint8
	regionEdges [4]int // lines
}

// Limits of the side information's fields.
const (
	maxRegion0 = 16
	maxRegion1 = 8
)

// switchedRegion0 is where the first region ends in a granule with another
// block_type than 0, at all sample rates: 8 long bands or 3 times 3 short ones.
const switchedRegion0 = 36

// sections finds the ends of the pairs and the fours.
func (d *division) sections(values *[lineCount]uint16) {
	end := lineCount
	for end > 0 && values[end-1]|values[end-2] == 0 {
		end -= 2
	}
	big := end
	for big >= 4 && values[big-1]|values[big-2]|values[big-3]|values[big-4] <= 1 {
		big -= 4
	}
	d.pairs, d.quads = big/2, (end-big)/4
}

// quadBits chooses the table of the fours.
func (d *division) quadBits(values *[lineCount]uint16) int {
	bitsA, bitsB := 0, 0
	start := 2 * d.pairs
	for at := start; at < start+4*d.quads; at += 4 {
		v := values[at : at+4 : at+4]
		ones := v[0] + v[1] + v[2] + v[3]
		bitsA += int(quadCodes[0].hlen[(v[0]<<3|v[1]<<2|v[2]<<1|v[3])&15]) + int(ones)
		bitsB += 4 + int(ones)
	}
	if bitsB < bitsA {
		d.quadTable = 1
		return bitsB
	}
	d.quadTable = 0
	return bitsA
}

// count returns the bits of the values with regions of region0 and region1 bands.
// largest bounds the values by band.
func (d *division) count(values *[lineCount]uint16, lay *layout, largest *[maxBands]uint16) int {
	d.sections(values)
	big := 2 * d.pairs
	d.placeRegions(lay, big)
	total := d.quadBits(values)
	band := 0
	for r := range d.tables {
		from, to := d.regionEdges[r], d.regionEdges[r+1]
		top := uint16(0)
		for ; from < to && band < lay.bands && lay.edges[band] < to; band++ {
			if lay.edges[band+1] > to {
				top = max(top, largestOf(values[lay.edges[band]:to]))
				break
			}
			top = max(top, largest[band])
		}
		n := 0
		d.tables[r], n = regionBits(values[from:to], int(top))
		total += n
	}
	return total
}

func (d *division) placeRegions(lay *layout, big int) {
	d.regionEdges = [4]int{0, min(switchedRegion0, big), big, big}
	if !d.switched {
		first := min(d.region0, longBands)
		second := min(d.region0+d.region1, longBands)
		d.regionEdges[1] = min(lay.edges[first], big)
		d.regionEdges[2] = min(lay.edges[second], big)
	}
}

func largestOf(values []uint16) uint16 {
	top := uint16(0)
	for _, v := range values {
		top = max(top, v)
	}
	return top
}

// regionBits chooses the table of one region. Table 0 codes zeros for nothing.
func regionBits(values []uint16, top int) (table uint8, bitCount int) {
	switch {
	case top == 0 || len(values) == 0:
		return 0, 0
	case top > escape:
		return cheapestEscape(escapeLanes(values), top)
	default:
		f := &families[familyOf[top]]
		return f.cheapest(f.lanes(values), top)
	}
}

// A splitter finds the best regions. It remembers the cost of every band in
// every family that can code it, summed up from the first band on.
type splitter struct {
	sums    [escapeFamily + 1][longBands + 1]uint64
	largest [longBands]uint16
	bands   int
}

// best moves the borders of the regions to where the bits are fewest. It changes
// nothing in a granule whose regions are fixed.
func (s *splitter) best(d *division, values *[lineCount]uint16, lay *layout) {
	if d.switched || d.pairs == 0 {
		return
	}
	s.sum(values[:2*d.pairs], lay)
	fewest := -1
	for first := 1; first <= min(maxRegion0, s.bands); first++ {
		table0, bits0 := s.region(0, first)
		for second := 1; second <= maxRegion1; second++ {
			table1, bits1 := s.region(first, first+second)
			table2, bits2 := s.region(first+second, s.bands)
			if total := bits0 + bits1 + bits2; fewest < 0 || total < fewest {
				fewest = total
				d.region0, d.region1 = first, second
				d.tables = [3]uint8{table0, table1, table2}
			}
			if first+second >= s.bands {
				break
			}
		}
	}
	d.placeRegions(lay, 2*d.pairs)
}

func (s *splitter) sum(values []uint16, lay *layout) {
	s.bands = 0
	for b := range longBands {
		from, to := lay.edges[b], min(lay.edges[b+1], len(values))
		if from >= to {
			break
		}
		s.bands++
		band := values[from:to]
		s.largest[b] = largestOf(band)
		lowest := escapeFamily
		if s.largest[b] <= escape {
			lowest = int(familyOf[s.largest[b]])
		}
		for f := range s.sums {
			lanes := uint64(0)
			switch {
			case f < lowest: // never asked for
			case f == escapeFamily:
				lanes = escapeLanes(band)
			default:
				lanes = families[f].lanes(band)
			}
			s.sums[f][b+1] = s.sums[f][b] + lanes
		}
	}
}

// region is the cheapest table for bands from..to, and its bits.
func (s *splitter) region(from, to int) (table uint8, bitCount int) {
	to = min(to, s.bands)
	if from >= to {
		return 0, 0
	}
	top := largestOf(s.largest[from:to])
	if top == 0 {
		return 0, 0
	}
	f := escapeFamily
	if top <= escape {
		f = int(familyOf[top])
	}
	return families[f].cheapest(s.sums[f][to]-s.sums[f][from], int(top))
}
