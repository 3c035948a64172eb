package stream

import "sort"

// A scale says where places on one line lie on another that rises with it: the
// frames at each byte of a stream, a stream's bytes at each byte of a
// connection. It keeps the newest marks and goes straight between two of them.
type scale struct {
	grain int64 // of x: the least from mark to mark, the newest aside
	limit int   // of marks; at least three quarters of them are kept
	marks []scaleMark
}

// A scaleMark is a place that is known on both lines.
type scaleMark struct{ x, y int64 }

// add marks a place that is not before the newest.
func (s *scale) add(x, y int64) {
	if n := len(s.marks); n > 1 && s.marks[n-1].x-s.marks[n-2].x < s.grain {
		s.marks = s.marks[:n-1]
	}
	if len(s.marks) == s.limit {
		kept := copy(s.marks, s.marks[s.limit/4:])
		s.marks = s.marks[:kept]
	}
	s.marks = append(s.marks, scaleMark{x, y})
}

// at is where x lies. Of a place beyond all marks it is where the nearest mark
// lies; ok is false for one before them.
func (s *scale) at(x int64) (y float64, ok bool) {
	next := sort.Search(len(s.marks), func(i int) bool { return s.marks[i].x > x })
	switch {
	case len(s.marks) == 0:
		return 0, false
	case next == 0:
		return float64(s.marks[0].y), false
	}
	from := s.marks[next-1]
	if next == len(s.marks) {
		return float64(from.y), true
	}
	to := s.marks[next]
	return float64(from.y) + float64(to.y-from.y)*float64(x-from.x)/float64(to.x-from.x), true
}

// newest is the latest mark; ok is false without one.
func (s *scale) newest() (m scaleMark, ok bool) {
	if len(s.marks) == 0 {
		return scaleMark{}, false
	}
	return s.marks[len(s.marks)-1], true
}

// forget drops all marks.
func (s *scale) forget() { s.marks = s.marks[:0] }
