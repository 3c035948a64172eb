package mp3

import "math"

// A shortModel finds the noise allowed in short granules. Their own lines are
// spectrum enough: 128 Hz a line resolves no tones, so that everything masks as
// noise does, and each window has its own thresholds in time.
type shortModel struct {
	spread [shortBandEdges - 1][shortBandEdges - 1]float32 // by band and masker
	quiet  [shortBandEdges - 1]float32
}

// shortMasking is the power of noise to that of what masks it, afterMasking how
// much of a window's threshold reaches into the next, and shortOnset how much
// higher a threshold may be than the one before: an attack is preceded by as much
// of its window's noise as it is itself late in the window.
const (
	shortMasking = 0.12
	afterMasking = 0.25
	shortOnset   = 2
)

// A shortEar knows the thresholds of the last window of one channel.
type shortEar struct {
	last [shortBandEdges - 1]float32
}

func newShortModel(sampleRate int, e *bandEdges) *shortModel {
	m := &shortModel{}
	hzPerLine := float64(sampleRate) / (2 * lineCount / shortWindows)
	const bands = shortBandEdges - 1
	var low, high, mid [bands]float64
	for b := range bands {
		low[b], high[b] = bark(float64(e.short[b])*hzPerLine), bark(float64(e.short[b+1])*hzPerLine)
		mid[b] = (low[b] + high[b]) / 2
		quiet := math.Inf(1)
		for line := e.short[b]; line < e.short[b+1]; line++ {
			quiet = min(quiet, quietDB((float64(line)+0.5)*hzPerLine))
		}
		m.quiet[b] = float32(math.Pow(10, (quiet-fullScaleDB)/10) * max(1, high[b]-low[b]))
	}
	for b := range bands {
		for masker := range bands {
			// What leaves a band starts at its border, half a band away.
			dz := mid[b] - mid[masker]
			db := spreadDB(dz)
			if b == masker {
				db = 0
			}
			width := (high[b] - low[b]) / (high[masker] - low[masker])
			m.spread[b][masker] = float32(shortMasking * math.Pow(10, db/10) * min(1, width))
		}
	}
	return m
}

// allow finds the noise allowed in the three windows, in the order of the
// bitstream, from the energy of their lines.
func (m *shortModel) allow(ear *shortEar, allowed, energy *[maxBands]float32) {
	for w := range shortWindows {
		for b := range m.quiet {
			t := m.quiet[b]
			for masker, weight := range m.spread[b] {
				t += weight * energy[shortWindows*masker+w]
			}
			t = max(t, afterMasking*ear.last[b])
			allowed[shortWindows*b+w] = min(t, shortOnset*ear.last[b])
			ear.last[b] = t
		}
	}
}
