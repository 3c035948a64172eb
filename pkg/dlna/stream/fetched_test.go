package stream

import (
	"math"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestEbb(t *testing.T) {
	const ms = time.Millisecond
	var e ebb
	for _, c := range []struct {
		name  string
		at    time.Duration
		acked int64
		ago   time.Duration
		want  time.Duration // of the step; -1: none
	}{
		{"first look", 0, 100, 5 * ms, -1},
		{"nothing new", 40 * ms, 100, 45 * ms, -1},
		{"a step", 80 * ms, 200, 12 * ms, 68 * ms},
		{"at once", 120 * ms, 300, 0, 120 * ms},
		{"a probe's ACK moves nothing", 320 * ms, 300, ms, -1},
		{"so long not looked that the ACK may be a probe's", 520 * ms, 400, 3 * ms, -1},
		{"a step after it", 560 * ms, 500, 3 * ms, 557 * ms},
	} {
		at, moved := e.look(noon.Add(c.at), c.acked, c.ago)
		if moved != (c.want >= 0) || moved && !at.Equal(noon.Add(c.want)) {
			t.Errorf("%s: want a step at %v, got one at %v, %v", c.name, c.want, at.Sub(noon), moved)
		}
	}
}

// TestCrest: of the steps of two seconds the one is told that is furthest above
// the line, when they are over.
func TestCrest(t *testing.T) {
	c := crest{rate: 1000}
	add := func(after time.Duration, frames float64) {
		c.add(Fetched{At: noon.Add(after), Frames: frames})
	}
	wantTold := func(after time.Duration) {
		t.Helper()
		if !c.told.At.Equal(noon.Add(after)) {
			t.Errorf("want that of %v told, got that of %v", after, c.told.At.Sub(noon))
		}
	}
	add(0, 0)
	add(500*time.Millisecond, 510)  // 10 above the line
	add(1000*time.Millisecond, 990) // a piece of a step
	add(1999*time.Millisecond, 2005)
	if !c.told.At.IsZero() {
		t.Errorf("want nothing told before the time is over, got %+v", c.told)
	}
	add(2000*time.Millisecond, 1900)
	wantTold(500 * time.Millisecond)
	add(3000*time.Millisecond, 2900) // as good: the later one
	wantTold(500 * time.Millisecond)
	add(9*time.Second, 9000) // after a standstill
	wantTold(3000 * time.Millisecond)
}

// TestCrestFindsTheClock: a player that opens its window by unequal pieces, now
// and then in two halves, is seen at its clock.
func TestCrestFindsTheClock(t *testing.T) {
	const (
		rate  = 44100
		ppm   = 300
		held  = 20_000 // frames
		grain = time.Millisecond
	)
	c := crest{rate: rate}
	taken := func(after time.Duration) float64 { return after.Seconds()*rate*(1+ppm*1e-6) + held }
	var last time.Time
	least, most := math.Inf(1), math.Inf(-1)
	pieces := []time.Duration{200 * time.Millisecond, 90 * time.Millisecond, 340 * time.Millisecond}
	for i, at := 0, time.Duration(0); at < 10*time.Minute; i, at = i+1, at+pieces[i%len(pieces)] {
		f := Fetched{At: noon.Add(at.Truncate(grain)), Frames: taken(at)}
		if i%2 == 1 {
			f.Frames -= 5000 // the other half comes at once, and is seen with the next
		}
		c.add(f)
		if told := c.told; !told.At.IsZero() && told.At != last {
			last = told.At
			off := told.Frames - taken(told.At.Sub(noon))
			least, most = min(least, off), max(most, off)
		}
	}
	if spread := (most - least) / rate * 1000; spread > 1.5 {
		t.Errorf("want the clock seen to 1.5 ms, got a spread of %.2f ms", spread)
	}
}

// TestPlaceOf: bytes of a connection are those of the stream and what HTTP adds.
func TestPlaceOf(t *testing.T) {
	r := &reader{pos: 30_000, places: scale{limit: alignMarks}}
	if _, ok := r.placeOf(500); ok {
		t.Error("want nothing known before a mark")
	}
	r.places.add(1_000, 800)     // after the header of the answer
	r.places.add(11_040, 10_800) // framed as chunks
	r.places.add(21_080, 20_800)
	for _, c := range []struct {
		name  string
		acked int64
		want  int64
		ok    bool
	}{
		{"header of the answer", 900, 800, false},
		{"mark", 11_040, 10_800, true},
		{"between marks, framing spread evenly", 16_060, 15_800, true},
		{"after the newest, as if not framed", 22_080, 21_800, true},
		{"after what was handed over", 99_999, 30_000, true},
	} {
		if got, ok := r.placeOf(c.acked); got != c.want || ok != c.ok {
			t.Errorf("%s: want %d, %v, got %d, %v", c.name, c.want, c.ok, got, ok)
		}
	}
}

// TestFetchedOfTheFurthest: of two players the one that is further counts, what
// it did before its place was lost does not.
func TestFetchedOfTheFurthest(t *testing.T) {
	st := newStream("/stream/x", Options{}, func() {})
	if err := st.Write(make([]byte, 100_000), 25_000); err != nil {
		t.Fatal(err)
	}
	join := func(ahead int64) *reader {
		r := &reader{pos: 100_000, places: scale{limit: alignMarks}, crest: crest{rate: 44100}}
		r.places.add(0, ahead)
		st.readers[r] = struct{}{}
		return r
	}
	behind, further := join(0), join(1000)
	for i := range 40 {
		now := noon.Add(time.Duration(i) * 100 * time.Millisecond)
		for _, r := range []*reader{behind, further} {
			st.saw(r, now, int64(1000+i), 10*time.Millisecond, true)
		}
	}
	f, ok := st.Fetched()
	at := f.At.Sub(noon)
	if want := 2000 + at.Milliseconds()/100 + 1; !ok || f.Bytes != want || f.Frames != float64(want)/4 {
		t.Errorf("want byte %d at %v, got %+v, %v", want, at, f, ok)
	}
	further.places.forget()
	before := further.crest
	st.saw(further, noon.Add(4*time.Second), 5000, 0, true)
	if further.crest != before {
		t.Errorf("want nothing taken from a player whose place is lost, got %+v", further.crest)
	}
}
