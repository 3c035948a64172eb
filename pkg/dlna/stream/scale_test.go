package stream

import (
	"testing"

	"pgregory.net/rapid"
)

func TestScale(t *testing.T) {
	s := scale{limit: 100}
	if _, ok := s.at(7); ok {
		t.Error("want nothing known without a mark")
	}
	// The sizes of chunks differ, and so does what plays for how long.
	for _, m := range []scaleMark{{44, 0}, {48, 40}, {51, 100}, {53, 100}, {59, 130}} {
		s.add(m.x, m.y)
	}
	for _, c := range []struct {
		name string
		x    int64
		want float64
		ok   bool
	}{
		{"before all", 43, 0, false},
		{"first mark", 44, 0, true},
		{"between marks", 45, 10, true},
		{"mark", 51, 100, true},
		{"where nothing plays", 52, 100, true},
		{"fraction", 54, 105, true},
		{"newest", 59, 130, true},
		{"beyond", 60, 130, true},
	} {
		if got, ok := s.at(c.x); got != c.want || ok != c.ok {
			t.Errorf("%s: want %v, %v at %d, got %v, %v", c.name, c.want, c.ok, c.x, got, ok)
		}
	}
	s.forget()
	if _, ok := s.newest(); ok {
		t.Error("want nothing known after forget")
	}
}

// Marks are kept where they are grain apart, the newest wherever it is.
func TestScaleIsAsFineAsItsGrain(t *testing.T) {
	s := scale{grain: 10, limit: 100}
	for x := range int64(36) {
		s.add(x, x*x)
	}
	want := []scaleMark{{0, 0}, {10, 100}, {20, 400}, {30, 900}, {35, 1225}}
	if len(s.marks) != len(want) {
		t.Fatalf("want %v, got %v", want, s.marks)
	}
	for i, m := range want {
		if s.marks[i] != m {
			t.Errorf("want %v, got %v", want, s.marks)
		}
	}
}

// Whatever is marked, a scale keeps to its limit, knows three quarters of it and
// rises.
func TestScaleHoldsItsBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scale{grain: rapid.Int64Range(0, 50).Draw(t, "grain"), limit: 16}
		var x, y int64
		added := rapid.IntRange(1, 200).Draw(t, "marks")
		for range added {
			x += rapid.Int64Range(0, 40).Draw(t, "dx")
			y += rapid.Int64Range(0, 5000).Draw(t, "dy")
			s.add(x, y)
		}
		if len(s.marks) > s.limit || cap(s.marks) > 2*s.limit {
			t.Fatalf("want %d marks at most, got %d of %d", s.limit, len(s.marks), cap(s.marks))
		}
		if s.grain == 0 && len(s.marks) < min(added, 3*s.limit/4) {
			t.Fatalf("want three quarters of %d kept, got %d of %d", s.limit, len(s.marks), added)
		}
		before := 0.0
		for at := s.marks[0].x; at <= x; at++ {
			got, ok := s.at(at)
			if !ok || got < before {
				t.Fatalf("at %d: want %v or more, got %v, %v", at, before, got, ok)
			}
			before = got
		}
		if before != float64(y) {
			t.Fatalf("want %d at the end, got %v", y, before)
		}
	})
}
