package lab

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A codec that loses alters every sample, so its sound is compared by
// correlation, at the one place where the whole fits best.
const (
	// audibleFrom is the least sample that is no trace of a codec at work.
	audibleFrom = 200
	// slack is how far the first audible frame may lie from where the sound fits:
	// such codecs sound a little before and after.
	slack = 4096
	// fitFrom and fitFrames are the piece of the sound by which its place is found.
	fitFrom, fitFrames = sampleRate / 2, 16384
	// blockFrames are judged apart, so that a gap is not lost in the whole.
	blockFrames = sampleRate / 10
)

// A Similarity says how a signal got through a codec that loses. Correlations are
// -1 to 1; frames count from the beginning of the signal and of the capture.
type Similarity struct {
	CapturedAt int     // where the signal begins
	Whole      float64 // correlation of all of it
	Worst      float64 // and of the tenth of a second that fared worst
	WorstAt    int     // where that is in the signal
	Missing    int     // frames by which the capture ends too early
}

func (l Similarity) String() string {
	return fmt.Sprintf("correlation %.5f, at worst %.5f (frame %d of the signal), %d frames missing at the end", l.Whole, l.Worst, l.WorstAt, l.Missing)
}

// CompareLossy finds the sent sound in the captured one, which may hold other sound only
// after it. The zero Likeness means that there is none, or too little.
func CompareLossy(sent, captured []byte) Similarity {
	signal, heard := samples(trimSilence(sent)), samples(captured)
	first, _ := audible(heard)
	if len(signal) < (fitFrom+fitFrames)*channels || first < 0 {
		return Similarity{}
	}
	at := fit(signal, heard, first)
	l := Similarity{CapturedAt: at / channels, Worst: 1}
	heard = heard[at:]
	l.Missing = max(0, len(signal)-len(heard)) / channels
	shared := min(len(signal), len(heard))
	l.Whole = correlation(signal[:shared], heard[:shared])
	for from := 0; from+blockFrames*channels <= shared; from += blockFrames * channels {
		to := from + blockFrames*channels
		if c := correlation(signal[from:to], heard[from:to]); c < l.Worst {
			l.Worst, l.WorstAt = c, from/channels
		}
	}
	return l
}

// fit gives the sample of heard at which signal fits best, near first.
func fit(signal, heard []float64, first int) int {
	piece := signal[fitFrom*channels:][:fitFrames*channels]
	best, place := math.Inf(-1), 0
	low := max(0, first-slack*channels)
	for at := low; at <= first+slack*channels; at += channels {
		from := at + fitFrom*channels
		if from+len(piece) > len(heard) {
			break
		}
		if c := correlation(piece, heard[from:from+len(piece)]); c > best {
			best, place = c, at
		}
	}
	return place
}

// audible gives the first and the last sample of a frame that can be heard, -1
// where there is none.
func audible(pcm []float64) (first, last int) {
	first, last = -1, -1
	for i, v := range pcm {
		if math.Abs(v) < audibleFrom {
			continue
		}
		if first < 0 {
			first = i / channels * channels
		}
		last = i
	}
	return first, last
}

// correlation is 1 for sounds that differ by loudness alone, 0 where one of them
// is silent.
func correlation(a, b []float64) float64 {
	var ab, aa, bb float64
	for i, v := range a {
		w := b[i]
		ab += v * w
		aa += v * v
		bb += w * w
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// samples unpacks whole frames.
func samples(pcm []byte) []float64 {
	list := make([]float64, len(pcm)/frameBytes*channels)
	for i := range list {
		list[i] = float64(int16(binary.LittleEndian.Uint16(pcm[2*i:])))
	}
	return list
}
