package stream

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRingKeepsTheNewestWholeChunks(t *testing.T) {
	t0 := time.Unix(1000, 0)
	g := ring{limit: 10, end: 44}
	for i, s := range []string{"abcd", "efg", "hij", "klmn"} {
		g.add([]byte(s), t0.Add(time.Duration(i)*time.Second))
	}
	if g.start() != 48 || g.end != 58 || g.size != 10 {
		t.Fatalf("want 48..58 with 10 bytes, got %d..%d with %d", g.start(), g.end, g.size)
	}
	cases := []struct {
		name string
		pos  int64
		want string
	}{
		{"gone", 47, ""},
		{"first byte kept", 48, "efg"},
		{"inside a chunk", 50, "g"},
		{"first byte of a chunk", 51, "hij"},
		{"last byte", 57, "n"},
		{"not yet there", 58, ""},
	}
	for _, c := range cases {
		if got := string(g.from(c.pos)); got != c.want {
			t.Errorf("%s: from(%d): want %q, got %q", c.name, c.pos, c.want, got)
		}
	}
	for after, want := range map[time.Duration]int64{0: 48, time.Second: 48, 1500 * time.Millisecond: 51, 3 * time.Second: 54, 4 * time.Second: 58} {
		if got := g.since(t0.Add(after)); got != want {
			t.Errorf("since %v: want %d, got %d", after, want, got)
		}
	}
}

// Whatever is written, the ring holds the newest bytes of it and no more than
// its limit.
func TestRingHoldsItsBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := ring{limit: 64}
		var all []byte
		for range rapid.IntRange(1, 60).Draw(t, "writes") {
			b := rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(t, "chunk")
			g.add(b, time.Unix(0, 0))
			all = append(all, b...)
		}
		if g.size > g.limit || g.end != int64(len(all)) {
			t.Fatalf("size %d of %d, end %d of %d", g.size, g.limit, g.end, len(all))
		}
		var got []byte
		for pos := g.start(); pos < g.end; pos = g.start() + int64(len(got)) {
			got = append(got, g.from(pos)...)
		}
		if want := all[g.start():]; !bytes.Equal(got, want) {
			t.Fatalf("want %x, got %x", want, got)
		}
	})
}

func TestRingReleases(t *testing.T) {
	g := ring{limit: 100}
	for i := range 5 {
		g.add([]byte("abcd"), time.Unix(int64(i), 0))
	}
	for _, c := range []struct{ pos, start int64 }{{0, 0}, {3, 0}, {4, 4}, {11, 8}, {20, 20}, {99, 20}} {
		g.release(c.pos)
		if got := g.start(); got != c.start {
			t.Errorf("released %d: want the rest to begin at %d, got %d", c.pos, c.start, got)
		}
	}
	if g.size != 0 || g.end != 20 {
		t.Errorf("want nothing kept and the end at 20, got %d bytes and %d", g.size, g.end)
	}
}
