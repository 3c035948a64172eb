package clock

import (
	"math"
	"time"
)

// An interval is the bounds of a value: lo to hi. It is empty when hi is less than lo.
type interval struct{ lo, hi time.Duration }

// unbounded is far more than any value that is reported, and its width still
// fits into a time.Duration.
var unbounded = interval{lo: math.MinInt64 / 4, hi: math.MaxInt64 / 4}

func (i interval) empty() bool          { return i.hi < i.lo }
func (i interval) width() time.Duration { return i.hi - i.lo }
func (i interval) mid() time.Duration   { return i.lo + i.width()/2 }

func (i interval) intersect(j interval) interval {
	return interval{lo: max(i.lo, j.lo), hi: min(i.hi, j.hi)}
}

// widen moves both ends outwards by the same amount.
func (i interval) widen(by time.Duration) interval {
	return interval{lo: max(i.lo-by, unbounded.lo), hi: min(i.hi+by, unbounded.hi)}
}
