package resample

import (
	"math"
	"slices"
	"time"
)

const (
	// A block ends when it is so long and has so many observations. Whole
	// seconds, as renderers tell them, need some to make a mean.
	blockTime  = 30 * time.Second
	blockCount = 13
	// blockMax bounds the observations of a block, blockSpan its time.
	blockMax  = 128
	blockSpan = 3 * time.Minute
	// outlierMADs is how many median deviations from the median an observation
	// may be. Evenly spread noise, as that of whole seconds, has none beyond 2.
	outlierMADs = 5
	// leastOutlier is more than what is fetched or written at a time, such as a
	// block of FLAC: a measure that is now one piece more, now one less, tells by
	// how often it is.
	leastOutlier = 0.15 // seconds
)

// A point is the mean of one block.
type point struct {
	at     float64 // seconds since the Governor's beginning
	value  float64 // seconds
	spread float64 // standard error of value in seconds, were the observations independent
}

// A block gathers observations for one point.
type block struct {
	ats, values []float64 // seconds
}

func (b *block) add(at, value float64) {
	if len(b.ats) > 0 && at-b.ats[0] > blockSpan.Seconds() {
		b.clear() // they came too slowly
	}
	b.ats = append(b.ats, at)
	b.values = append(b.values, value)
}

func (b *block) clear() { b.ats, b.values = b.ats[:0], b.values[:0] }

// full reports whether the block has enough for a point.
func (b *block) full() bool {
	n := len(b.ats)
	return n == blockMax || n >= blockCount && b.ats[n-1]-b.ats[0] >= blockTime.Seconds()
}

// point is the mean of what is no outlier.
func (b *block) point() point {
	middle := median(b.values)
	away := make([]float64, len(b.values))
	for i, v := range b.values {
		away[i] = math.Abs(v - middle)
	}
	limit := max(outlierMADs*median(away), leastOutlier)

	var n, at, sum, squares float64
	for i, v := range b.values {
		if math.Abs(v-middle) <= limit {
			n++
			at += b.ats[i]
			sum += v - middle
			squares += (v - middle) * (v - middle)
		}
	}
	variance := max(0, squares/n-sum*sum/n/n)
	return point{at: at / n, value: middle + sum/n, spread: math.Sqrt(variance / n)}
}

// median is that of a list that is not empty.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
