package flac_test

import (
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// music is something to measure with: plucked strings on both sides of the
// stage, over pink noise 50 dB down.
func music(length time.Duration) []int32 {
	rng := rand.New(rand.NewPCG(5, 5))
	pcm := make([]int32, 2*audio.CD.Frames(length))
	mix := make([]float64, len(pcm))
	const notesPerSecond = 8
	for n := range int(length.Seconds() * notesPerSecond) {
		pluck(rng, mix[2*n*44100/notesPerSecond:])
	}
	pink := [2]float64{}
	for i := range pcm {
		p := &pink[i%2]
		*p = 0.98**p + rng.NormFloat64()*0.001
		pcm[i] = int32(math.Round(max(-1, min(1, mix[i]+*p)) * 32767))
	}
	return pcm
}

// pluck adds one note of a string (Karplus and Strong) somewhere on the stage.
func pluck(rng *rand.Rand, mix []float64) {
	const seconds = 2
	period := 60 + rng.IntN(340) // frames: 110 to 735 Hz
	position := rng.Float64()
	line := make([]float64, period)
	for i := range line {
		line[i] = rng.Float64() - 0.5
	}
	for i := 0; i < min(len(mix)/2, seconds*44100); i++ {
		v := line[i%period]
		line[i%period] = (v + line[(i+1)%period]) * 0.499
		mix[2*i] += v * position / 2
		mix[2*i+1] += v * (1 - position) / 2
	}
}

// referenceFlac encodes pcm, 16 bit stereo, with flac -2 in blocks of the given
// length and returns the size of the stream and the processor time that it took,
// less that of the system, which only moves files.
func referenceFlac(t testing.TB, pcm []int32, blockFrames string) (size int64, took time.Duration) {
	t.Helper()
	flac, err := exec.LookPath("flac")
	if err != nil {
		t.Skip("the yardstick flac is not on PATH")
	}
	dir := t.TempDir()
	raw, out := filepath.Join(dir, "music.raw"), filepath.Join(dir, "music.flac")
	if err := os.WriteFile(raw, packed(pcm), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(flac, "-2", "-b", blockFrames, "--silent", "--force", "--no-md5-sum", "--no-padding", "--no-seektable",
		"--force-raw-format", "--endian=little", "--sign=signed", "--channels=2", "--bps=16", "--sample-rate=44100", "-o", out, raw)
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("flac: %v\n%s", err, output)
	}
	info, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size(), cmd.ProcessState.UserTime()
}

// packed gives 16-bit little-endian bytes.
func packed(pcm []int32) []byte {
	b := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		b = append(b, byte(s), byte(s>>8))
	}
	return b
}
