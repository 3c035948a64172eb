package lab

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

// frames cuts frames [from, to) out of pcm.
func frames(pcm []byte, from, to int) []byte { return pcm[from*frameBytes : to*frameBytes] }

func TestCompare(t *testing.T) {
	tone := Tone(time.Second, 1)
	other := Tone(time.Second, 2)
	zeros := Silence(time.Second)
	const n = sampleRate
	lead, tail := frames(zeros, 0, 1000), frames(zeros, 0, 3000)
	sent := slices.Concat(frames(zeros, 0, 500), tone, tail)
	cases := []struct {
		name     string
		captured [][]byte
		want     Report
	}{
		{"alone", [][]byte{tone}, Report{Signal: n, Found: n}},
		{"with silence around it", [][]byte{lead, tone, tail}, Report{Signal: n, Found: n, CapturedAt: 1000}},
		{"after other sound", [][]byte{frames(other, 0, 777), tone}, Report{Signal: n, Found: n, CapturedAt: 777}},
		{"in a capture that ends within a frame", [][]byte{tone, {1, 2, 3}}, Report{Signal: n, Found: n}},
		{"head lost", [][]byte{frames(tone, 352, n)}, Report{Signal: n, Found: n - 352, LostHead: 352}},
		{"tail lost", [][]byte{frames(tone, 0, n-352), tail}, Report{Signal: n, Found: n - 352, LostTail: 352}},
		{
			"a packet dropped", [][]byte{frames(tone, 0, 10000), frames(tone, 10352, n)},
			Report{Signal: n, Found: n - 352, Defects: []Defect{{Dropped, 10000, 10000, 352}}},
		},
		{
			"one frame dropped", [][]byte{frames(tone, 0, 10000), frames(tone, 10001, n)},
			Report{Signal: n, Found: n - 1, Defects: []Defect{{Dropped, 10000, 10000, 1}}},
		},
		{
			"a packet repeated", [][]byte{frames(tone, 0, 10000), frames(tone, 9648, n)},
			Report{Signal: n, Found: n + 352, Defects: []Defect{{Repeated, 10000, 10000, 352}}},
		},
		{
			"a packet silenced", [][]byte{frames(tone, 0, 10000), frames(zeros, 0, 352), frames(tone, 10352, n)},
			Report{Signal: n, Found: n - 352, Defects: []Defect{{Silenced, 10000, 10000, 352}}},
		},
		{
			"a packet altered", [][]byte{frames(tone, 0, 10000), frames(other, 0, 352), frames(tone, 10352, n)},
			Report{Signal: n, Found: n - 352, Defects: []Defect{{Altered, 10000, 10000, 352}}},
		},
		{
			"a pause in between", [][]byte{frames(tone, 0, 10000), frames(zeros, 0, 352), frames(tone, 10000, n)},
			Report{Signal: n, Found: n, Defects: []Defect{{Inserted, 10000, 10000, 352}}},
		},
		{
			"silenced and shortened", [][]byte{frames(tone, 0, 10000), frames(zeros, 0, 100), frames(tone, 10352, n)},
			Report{Signal: n, Found: n - 352, Defects: []Defect{{Silenced, 10000, 10000, 100}, {Dropped, 10000, 10000, 252}}},
		},
		{"nothing", nil, Report{Signal: n, LostHead: n}},
		{"only other sound", [][]byte{other}, Report{Signal: n, LostHead: n}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := Compare(sent, bytes.Join(c.captured, nil))
			if want := c.want; want.Signal != got.Signal || want.Found != got.Found || want.CapturedAt != got.CapturedAt ||
				want.LostHead != got.LostHead || want.LostTail != got.LostTail || !slices.Equal(want.Defects, got.Defects) {
				t.Errorf("want %+v\ngot  %+v", want, got)
			}
			exact := c.want.Found == n && len(c.want.Defects) == 0
			if got.Exact() != exact {
				t.Errorf("want exact=%v, got %v", exact, got)
			}
		})
	}
}

func TestCompareOneAlteredBit(t *testing.T) {
	tone := Tone(time.Second, 1)
	captured := bytes.Clone(tone)
	captured[20000*frameBytes+1] ^= 1
	got := Compare(tone, captured)
	want := []Defect{{Altered, 20000, 20000, 1}}
	if got.Exact() || !slices.Equal(want, got.Defects) {
		t.Errorf("want %v, got %v", want, got)
	}
}

func TestCompareWithoutSignal(t *testing.T) {
	for name, sent := range map[string][]byte{"empty": nil, "silent": Silence(time.Second)} {
		if r := Compare(sent, Silence(time.Second)); r.Exact() {
			t.Errorf("%s: want no verdict of exact, got %v", name, r)
		}
	}
}

func TestReportNamesDefects(t *testing.T) {
	tone := Tone(time.Second, 1)
	text := Compare(tone, slices.Concat(frames(tone, 0, 10000), frames(tone, 10352, sampleRate))).String()
	if want := "352 frames dropped at 10000 of the signal"; !strings.Contains(text, want) {
		t.Errorf("want %q in %q", want, text)
	}
}
