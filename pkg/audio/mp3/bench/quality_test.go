package bench_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

var bitrates = []int{128, 192, 256, 320}

// What the encoder promises: how many dB more noise than LAME it may make by
// bitrate, and how many dB more before an attack.
var (
	worseThanLAME = map[int]float64{192: 5, 320: 3}
	morePreEcho   = 3.0
)

// A result is the noise-to-mask ratio of a codec, and its noise before attacks
// for signals that have some, in dB.
type result struct{ nmr, preEcho float64 }

// A measurement is the results by codec, in their order.
type measurement struct {
	signal  signal
	kbps    int
	results []result
}

func measure(t *testing.T, s signal, kbps int) measurement {
	t.Helper()
	m := measurement{signal: s, kbps: kbps}
	pcm := s.pcm16()
	for _, c := range codecs {
		decoded := decode(t, c.encode(t, pcm, kbps), s)
		m.results = append(m.results, result{noiseToMask(s.pcm, decoded), preEcho(s, decoded)})
	}
	return m
}

// check compares with what is promised.
func (m *measurement) check(t *testing.T) {
	t.Helper()
	ours, lame, shine := m.results[0], m.results[1], m.results[2]
	if limit, promised := worseThanLAME[m.kbps]; promised && ours.nmr > lame.nmr+limit {
		t.Errorf("%s at %d kbit/s: %.1f dB, LAME %.1f dB", m.signal.name, m.kbps, ours.nmr, lame.nmr)
	}
	if ours.nmr >= shine.nmr {
		t.Errorf("%s at %d kbit/s: %.1f dB, Shine %.1f dB", m.signal.name, m.kbps, ours.nmr, shine.nmr)
	}
	if m.signal.onsets != nil && ours.preEcho > lame.preEcho+morePreEcho {
		t.Errorf("%s at %d kbit/s: %.1f dB before attacks, LAME %.1f dB", m.signal.name, m.kbps, ours.preEcho, lame.preEcho)
	}
}

func needPrograms(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg, which decodes, is not on PATH")
	}
	for _, c := range codecs {
		if !c.installed() {
			t.Skipf("the yardstick %s is not on PATH", c.program)
		}
	}
}

// TestQuality holds the promises. With -write it takes longer signals and writes
// what it measures to docs/MP3.md.
func TestQuality(t *testing.T) {
	needPrograms(t)
	seconds, kbps := 3, []int{192, 320}
	if *write {
		seconds, kbps = 10, bitrates
	}
	var rows []measurement
	for _, s := range signals(seconds) {
		for _, rate := range kbps {
			m := measure(t, s, rate)
			m.check(t)
			rows = append(rows, m)
		}
	}
	if *write {
		replaceSection(t, "quality", qualityTable(rows))
	}
}

func qualityTable(rows []measurement) string {
	var b strings.Builder
	b.WriteString("| signal | kbit/s | Breezeway | LAME | Shine | to LAME |\n|---|---|---|---|---|---|\n")
	for _, m := range rows {
		r := m.results
		fmt.Fprintf(&b, "| %s | %d | %.1f | %.1f | %.1f | %+.1f |\n", m.signal.name, m.kbps, r[0].nmr, r[1].nmr, r[2].nmr, r[0].nmr-r[1].nmr)
	}
	b.WriteString("\nNoise from 20 to 2 ms before attacks, by the 10 ms after them, in dB:\n\n")
	b.WriteString("| signal | kbit/s | Breezeway | LAME | Shine | to LAME |\n|---|---|---|---|---|---|\n")
	for _, m := range rows {
		if r := m.results; m.signal.onsets != nil {
			fmt.Fprintf(&b, "| %s | %d | %.1f | %.1f | %.1f | %+.1f |\n", m.signal.name, m.kbps, r[0].preEcho, r[1].preEcho, r[2].preEcho, r[0].preEcho-r[1].preEcho)
		}
	}
	return b.String()
}

// replaceSection writes text between the comments "<!-- name -->" and
// "<!-- end name -->" of docs/MP3.md.
func replaceSection(t *testing.T, name, text string) {
	t.Helper()
	const path = "../../../../docs/MP3.md"
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+" -->\n", "<!-- end "+name+" -->"
	before, rest, opened := strings.Cut(string(old), begin)
	_, after, closed := strings.Cut(rest, end)
	if !opened || !closed {
		t.Fatalf("%s has no section %q", path, name)
	}
	if err := os.WriteFile(path, []byte(before+begin+text+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}
