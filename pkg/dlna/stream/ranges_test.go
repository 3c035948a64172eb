package stream

import (
	"net/http"
	"testing"
)

var rangeCases = []struct {
	name, header string
	want         byteRange
	ok           bool
}{
	{"none", "", byteRange{}, false},
	{"open", "bytes=0-", byteRange{last: openEnd}, true},
	{"open in the middle", "bytes=44-", byteRange{first: 44, last: openEnd}, true},
	{"bounded", "bytes=0-1", byteRange{last: 1}, true},
	{"one byte", "bytes=7-7", byteRange{first: 7, last: 7}, true},
	{"blanks and case", " Bytes = 3 - 9 ", byteRange{first: 3, last: 9}, true},
	{"suffix", "bytes=-500", byteRange{suffix: true}, true},
	{"backwards", "bytes=9-3", byteRange{}, false},
	{"several", "bytes=0-1,4-5", byteRange{}, false},
	{"other unit", "seconds=0-1", byteRange{}, false},
	{"no dash", "bytes=5", byteRange{}, false},
	{"only a dash", "bytes=-", byteRange{}, false},
	{"sign", "bytes=+1-2", byteRange{}, false},
	{"too large", "bytes=99999999999999999999-", byteRange{}, false},
	{"not a number", "bytes=a-b", byteRange{}, false},
}

func TestParseRange(t *testing.T) {
	for _, c := range rangeCases {
		t.Run(c.name, func(t *testing.T) {
			got, ok := parseRange(c.header)
			if got != c.want || ok != c.ok {
				t.Errorf("%q: want %+v %v, got %+v %v", c.header, c.want, c.ok, got, ok)
			}
		})
	}
}

func FuzzParseRange(f *testing.F) {
	for _, c := range rangeCases {
		f.Add(c.header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r, ok := parseRange(header)
		if !ok || r.suffix {
			return
		}
		if r.first < 0 || r.last != openEnd && r.last < r.first {
			t.Fatalf("%q gives %+v", header, r)
		}
		again, ok := parseRange(r.String())
		if !ok || again != r {
			t.Fatalf("%q: %+v written and read is %+v, %v", header, r, again, ok)
		}
	})
}

func TestDecide(t *testing.T) {
	const ok, part, not = http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable
	young := kept{header: 44, head: 1000, start: 44, end: 1000}
	old := kept{header: 44, head: 1000, start: 5000, end: 9000}
	cases := []struct {
		name   string
		header string
		sized  bool
		kept   kept
		status int
		want   byteRange
	}{
		{"no range", "", false, young, ok, byteRange{last: openEnd}},
		{"whole", "bytes=0-", false, young, ok, byteRange{last: openEnd}},
		{"whole, start lost", "bytes=0-", false, old, ok, byteRange{last: openEnd}},
		{"whole with a length", "bytes=0-", true, young, part, byteRange{last: openEnd}},
		{"whole with a length, start lost", "bytes=0-", true, old, part, byteRange{last: openEnd}},
		{"no range, with a length", "", true, young, ok, byteRange{last: openEnd}},
		{"behind the header", "bytes=44-", false, young, part, byteRange{44, openEnd, false}},
		{"inside the header", "bytes=10-", false, young, part, byteRange{10, openEnd, false}},
		{"inside the header, start lost", "bytes=10-", false, old, ok, byteRange{last: openEnd}},
		{"go on where it broke", "bytes=6000-", false, old, part, byteRange{6000, openEnd, false}},
		{"oldest kept", "bytes=5000-", false, old, part, byteRange{5000, openEnd, false}},
		{"just lost", "bytes=4999-", false, old, ok, byteRange{last: openEnd}},
		{"next byte to come", "bytes=9000-", false, old, part, byteRange{9000, openEnd, false}},
		{"future", "bytes=9001-", false, old, ok, byteRange{last: openEnd}},
		{"at the fake length", "bytes=2147483647-", false, young, ok, byteRange{last: openEnd}},
		{"probe", "bytes=0-1", false, young, part, byteRange{0, 1, false}},
		{"probe, start lost", "bytes=0-1", false, old, part, byteRange{0, 1, false}},
		{"probe to the end of the head", "bytes=0-999", false, old, part, byteRange{0, 999, false}},
		{"probe over the head, start lost", "bytes=0-1000", false, old, not, byteRange{}},
		{"probe over the head", "bytes=0-1000", false, young, part, byteRange{0, 1000, false}},
		{"piece of the ring", "bytes=5000-5009", false, old, part, byteRange{5000, 5009, false}},
		{"piece of the past", "bytes=4000-4009", false, old, not, byteRange{}},
		{"piece of the future", "bytes=9500-9509", false, old, not, byteRange{}},
		{"probe at the fake end", "bytes=2147483000-2147483646", false, young, not, byteRange{}},
		{"longer than the fake length", "bytes=0-9999999999", false, young, part, byteRange{0, fakeLength - 1, false}},
		{"suffix", "bytes=-128", false, young, not, byteRange{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, asked := parseRange(c.header)
			status, got := decide(r, asked, c.sized, c.kept)
			if status != c.status || got != c.want {
				t.Errorf("%q: want %d %+v, got %d %+v", c.header, c.status, c.want, status, got)
			}
		})
	}
}
