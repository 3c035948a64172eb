package mp3

import "math"

// Scalefactor bands. A band that has a scalefactor may choose the size of its
// quantiser's steps; the last one of each spectrum has to do with global_gain.
const (
	longBands      = 22
	shortBandEdges = 14
	shortBands     = 13 * shortWindows
	maxBands       = shortBands

	longScalefactors  = longBands - 1
	shortScalefactors = shortBands - shortWindows
)

// bandEdges are the first lines of the scalefactor bands of one sample rate, and
// the end of the last (table B.8).
type bandEdges struct {
	long  [longBands + 1]int
	short [shortBandEdges]int // lines of one of the three windows
}

var bandEdgesOf = map[int]bandEdges{
	32000: {
		long:  [...]int{0, 4, 8, 12, 16, 20, 24, 30, 36, 44, 54, 66, 82, 102, 126, 156, 194, 240, 296, 364, 448, 550, 576},
		short: [...]int{0, 4, 8, 12, 16, 22, 30, 42, 58, 78, 104, 138, 180, 192},
	},
	44100: {
		long:  [...]int{0, 4, 8, 12, 16, 20, 24, 30, 36, 44, 52, 62, 74, 90, 110, 134, 162, 196, 238, 288, 342, 418, 576},
		short: [...]int{0, 4, 8, 12, 16, 22, 30, 40, 52, 66, 84, 106, 136, 192},
	},
	48000: {
		long:  [...]int{0, 4, 8, 12, 16, 20, 24, 30, 36, 42, 50, 60, 72, 88, 106, 128, 156, 190, 230, 276, 330, 384, 576},
		short: [...]int{0, 4, 8, 12, 16, 22, 28, 38, 50, 64, 80, 100, 126, 192},
	},
}

// A layout says where the bands of a granule lie in the order of the bitstream.
// In a short granule there are three of every band, one for each window, one
// after the other (clause 2.4.3.4.8).
type layout struct {
	short        bool
	bands        int
	scalefactors int // the first bands, which have one
	edges        [maxBands + 1]int
	tolerance    [maxBands]float32
}

// A decibel costs the more bits the more lines a band has, while the ear hears
// all bands alike: wide bands of long granules may have more noise. The power 1
// would make the sum of noise by allowed noise least; 0.4 keeps the bands nearer
// to each other. Short bands are three to a frequency as it is.
const toleranceExponent = 0.4

func newLayouts(e *bandEdges) (long, short layout) {
	long = layout{bands: longBands, scalefactors: longScalefactors}
	copy(long.edges[:], e.long[:])
	for b := range longBands {
		long.tolerance[b] = float32(math.Pow(float64(e.long[b+1]-e.long[b])*longBands/lineCount, toleranceExponent))
	}
	short = layout{short: true, bands: shortBands, scalefactors: shortScalefactors}
	for b := range shortBands {
		width := e.short[b/shortWindows+1] - e.short[b/shortWindows]
		short.edges[b+1] = short.edges[b] + width
		short.tolerance[b] = 1
	}
	return long, short
}

// reorder puts three short spectra into the order of the bitstream.
func (e *bandEdges) reorder(lines *[lineCount]float32, spectra *[shortWindows][lineCount / shortWindows]float32) {
	at := 0
	for b := range shortBandEdges - 1 {
		for w := range spectra {
			at += copy(lines[at:], spectra[w][e.short[b]:e.short[b+1]])
		}
	}
}
