package resample

import (
	"math"
	"slices"
	"time"
)

const (
	// A block ends when it is longer than its length, of shortestBlock to
	// longestBlock, and has blockCount observations. The first ones are short, so
	// that a clock that is far off is known soon.
	shortestBlock = 5 * time.Second
	longestBlock  = 160 * time.Second
	blockCount    = 3
	// blockMax bounds the observations of a block, blockSpan the time from the first
	// to the last.
	blockMax  = 128
	blockSpan = 3 * time.Minute
	// outlierMADs is how many median deviations from the median an observation
	// may be. Evenly spread noise, as that of whole seconds, has none beyond 2.
	outlierMADs = 5
	// minOutlier is more than what is played or written at a time, such as a block
	// of FLAC: where a measure is one piece more at times, how often it is so tells
	// the delay.
	minOutlier = 0.15 // seconds
	// minError is the error of a measure that claims to have none, in seconds:
	// processes wait to be scheduled.
	minError = 2e-3
)

// An observation is one measure, with the corrections made so far subtracted.
type observation struct {
	at, value float64 // seconds
	deviation float64 // seconds
}

func (o observation) weight() float64 { return 1 / (o.deviation * o.deviation) }

// deviationOf is the standard deviation of what is evenly spread over a time.
func deviationOf(uncertainty time.Duration) float64 {
	return max(uncertainty.Seconds()/math.Sqrt(12), minError)
}

// A block gathers observations for one point.
type block struct{ seen []observation }

func (b *block) add(o observation) {
	if len(b.seen) > 0 && o.at-b.seen[0].at > blockSpan.Seconds() {
		b.clear() // they came too slowly
	}
	b.seen = append(b.seen, o)
}

func (b *block) clear() { b.seen = b.seen[:0] }

// full reports whether the block has enough for a point.
func (b *block) full(length time.Duration) bool {
	n := len(b.seen)
	return n == blockMax || n >= blockCount && b.seen[n-1].at-b.seen[0].at >= length.Seconds()
}

// point is the weighted mean of the observations that are no outliers.
func (b *block) point() point {
	middle, limit := b.spread()
	var n, weight, at, sum, squares float64
	for _, o := range b.seen {
		if off := o.value - middle; math.Abs(off) <= max(limit, outlierMADs*o.deviation) {
			w := o.weight()
			n++
			weight += w
			at += w * o.at
			sum += w * off
			squares += w * off * off
		}
	}
	mean := sum / weight
	scatter := max(0, squares-weight*mean*mean) / n
	return point{at: at / weight, value: middle + mean, variance: 1 / weight, scatter: scatter}
}

// spread is the median of the values, and the distance from it beyond which a value
// is an outlier.
func (b *block) spread() (middle, limit float64) {
	values := make([]float64, len(b.seen))
	for i, o := range b.seen {
		values[i] = o.value
	}
	middle = median(values)
	for i, o := range b.seen {
		values[i] = math.Abs(o.value - middle)
	}
	return middle, max(outlierMADs*median(values), minOutlier)
}

// median is that of a list that is not empty, which it sorts.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
