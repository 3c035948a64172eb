package renderer

import (
	"math"
	"time"
)

// A span is where a value lies: from lo to hi. It is empty when hi is less
// than lo.
type span struct{ lo, hi time.Duration }

// anywhere is far more than any value that is told, and its width still fits.
var anywhere = span{lo: math.MinInt64 / 4, hi: math.MaxInt64 / 4}

func (s span) empty() bool          { return s.hi < s.lo }
func (s span) width() time.Duration { return s.hi - s.lo }
func (s span) mid() time.Duration   { return s.lo + s.width()/2 }

// and is where both are.
func (s span) and(t span) span { return span{lo: max(s.lo, t.lo), hi: min(s.hi, t.hi)} }

// wider reaches further by so much on each side.
func (s span) wider(by time.Duration) span {
	return span{lo: max(s.lo-by, anywhere.lo), hi: min(s.hi+by, anywhere.hi)}
}
