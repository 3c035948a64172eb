package bench_test

import (
	"flag"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio/mp3"
)

var write = flag.Bool("write", false, "measure at length and write the tables of docs/MP3.md")

// What the encoder promises of its speed on one core.
const (
	slowestByLAME     = 0.6
	slowestByRealTime = 40
)

// BenchmarkEncode encodes ten seconds of music. "x-realtime" is how much faster
// than the sound it is on one core.
func BenchmarkEncode(b *testing.B) {
	const seconds = 10
	s := music(seconds * sampleRate)
	pcm := s.pcm16()
	for _, kbps := range bitrates {
		b.Run(fmt.Sprint(kbps), func(b *testing.B) {
			b.ReportAllocs()
			encodeAll := encoderOf(b, pcm, kbps)
			for b.Loop() {
				encodeAll()
			}
			b.ReportMetric(seconds*float64(b.N)/b.Elapsed().Seconds(), "x-realtime")
		})
	}
}

// encoderOf gives a function that encodes pcm frame by frame, as a stream does.
func encoderOf(t testing.TB, pcm []int32, kbps int) func() {
	t.Helper()
	e, err := mp3.NewEncoder(mp3.Config{SampleRate: sampleRate, Channels: 2, BitrateKbps: kbps})
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 0, 1<<14)
	return func() {
		for block := range slices.Chunk(pcm, 2*e.FrameLength()) {
			buf = e.Encode(buf[:0], block)
		}
	}
}

// TestSpeed compares with LAME's default, by processor time. Rounds alternate
// and the best of each counts, since other work on the machine only ever slows a
// round down. It runs only with -write, as it is of no use beside other tests.
func TestSpeed(t *testing.T) {
	if !*write {
		t.Skip("without -write")
	}
	needPrograms(t)
	const seconds = 30
	s := music(seconds * sampleRate)
	pcm := s.pcm16()
	dir := t.TempDir()
	wav, out := filepath.Join(dir, "in.wav"), filepath.Join(dir, "out.mp3")
	writeWAV(t, wav, pcm)
	var table strings.Builder
	table.WriteString("| kbit/s | Breezeway | LAME | by LAME |\n|---|---|---|---|\n")
	for _, kbps := range bitrates {
		encodeAll := encoderOf(t, pcm, kbps)
		ours, theirs := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
		for range 7 {
			start := processorTime(t)
			encodeAll()
			ours = min(ours, processorTime(t)-start)
			state := run(t, "lame", "--quiet", "-t", "--cbr", "-b", strconv.Itoa(kbps), wav, out)
			theirs = min(theirs, state.UserTime())
		}
		byLAME, byRealTime := float64(theirs)/float64(ours), seconds/ours.Seconds()
		if byLAME < slowestByLAME || byRealTime < slowestByRealTime {
			t.Errorf("%d kbit/s: %.2f times LAME, %.0f times real time", kbps, byLAME, byRealTime)
		}
		fmt.Fprintf(&table, "| %d | %.0f | %.0f | %.2f |\n", kbps, byRealTime, seconds/theirs.Seconds(), byLAME)
	}
	replaceSection(t, "speed", table.String())
}

// processorTime is what this process has used in user mode.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano())
}
