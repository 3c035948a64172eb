package bench_test

import (
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio/mp3"
)

// A codec makes an MP3 file of 16-bit stereo PCM.
type codec struct {
	name    string
	program string // what must be installed; empty for our own
	encode  func(t testing.TB, pcm []int32, kbps int) []byte
}

// codecs are the encoder under test and its yardsticks. LAME writes no tag, as
// that would have the decoder cut the delay.
var codecs = []codec{
	{name: "Breezeway", encode: ours},
	{name: "LAME", program: "lame", encode: func(t testing.TB, pcm []int32, kbps int) []byte {
		return byProgram(t, pcm, "lame", "--quiet", "-t", "--cbr", "-b", strconv.Itoa(kbps))
	}},
	{name: "Shine", program: "shineenc", encode: func(t testing.TB, pcm []int32, kbps int) []byte {
		return byProgram(t, pcm, "shineenc", "-q", "-b", strconv.Itoa(kbps))
	}},
}

func (c codec) installed() bool {
	_, err := exec.LookPath(c.program)
	return c.program == "" || err == nil
}

func ours(t testing.TB, pcm []int32, kbps int) []byte {
	t.Helper()
	e, err := mp3.NewEncoder(mp3.Config{SampleRate: sampleRate, Channels: 2, BitrateKbps: kbps})
	if err != nil {
		t.Fatal(err)
	}
	return e.Flush(e.Encode(nil, pcm))
}

// byProgram runs an encoder that takes a WAV file and an MP3 file last.
func byProgram(t testing.TB, pcm []int32, name string, args ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.wav"), filepath.Join(dir, "out.mp3")
	writeWAV(t, in, pcm)
	run(t, name, append(args, in, out)...)
	stream, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

func run(t testing.TB, name string, args ...string) *os.ProcessState {
	t.Helper()
	cmd := exec.Command(name, args...)
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, output)
	}
	return cmd.ProcessState
}

func writeWAV(t testing.TB, path string, pcm []int32) {
	t.Helper()
	const headerBytes, sampleBytes = 44, 2
	b := make([]byte, 0, headerBytes+sampleBytes*len(pcm))
	le := binary.LittleEndian
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, uint32(headerBytes-8+sampleBytes*len(pcm)))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, 1) // PCM
	b = le.AppendUint16(b, 2)
	b = le.AppendUint32(b, sampleRate)
	b = le.AppendUint32(b, 2*sampleBytes*sampleRate)
	b = le.AppendUint16(b, 2*sampleBytes)
	b = le.AppendUint16(b, 8*sampleBytes)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(sampleBytes*len(pcm)))
	for _, s := range pcm {
		b = le.AppendUint16(b, uint16(s))
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// decode has ffmpeg decode a stream to floating point, so that nothing is
// rounded or clipped, and takes out delay and gain.
func decode(t testing.TB, stream []byte, s signal) [2][]float64 {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.mp3"), filepath.Join(dir, "out.raw")
	if err := os.WriteFile(in, stream, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "ffmpeg", "-v", "error", "-f", "mp3", "-i", in, "-f", "f32le", out)
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var pcm [2][]float64
	for i := 0; i+4 <= len(raw); i += 4 {
		v := math.Float32frombits(binary.LittleEndian.Uint32(raw[i:]))
		pcm[i/4%2] = append(pcm[i/4%2], float64(v))
	}
	return matched(pcm, s)
}

// matched shifts and scales decoded so that it lies on the signal.
func matched(decoded [2][]float64, s signal) [2][]float64 {
	const longest = 4000
	lag := delay(s.pcm, decoded, longest)
	var out [2][]float64
	same, power := 0.0, 0.0
	for ch := range out {
		out[ch] = make([]float64, len(s.pcm[ch]))
		copy(out[ch], decoded[ch][min(lag, len(decoded[ch])):])
		for i, v := range out[ch] {
			same += v * s.pcm[ch][i]
			power += v * v
		}
	}
	for ch := range out {
		for i := range out[ch] {
			out[ch][i] *= same / power
		}
	}
	return out
}

// delay finds the lag below longest where decoded is most like the reference,
// by a fifth of a second from the middle.
func delay(reference, decoded [2][]float64, longest int) int {
	const compared = sampleRate / 5
	from := len(reference[0]) / 3
	best, most := 0, math.Inf(-1)
	for lag := range longest {
		sum := 0.0
		for ch := range reference {
			ref := reference[ch][from:min(from+compared, len(reference[ch]))]
			dec := decoded[ch][from+lag:]
			for i := 0; i < min(len(ref), len(dec)); i++ {
				sum += ref[i] * dec[i]
			}
		}
		if sum > most {
			best, most = lag, sum
		}
	}
	return best
}
