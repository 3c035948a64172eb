package mp3

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var allConfigs = func() (all []Config) {
	for _, rate := range []int{32000, 44100, 48000} {
		for channels := 1; channels <= 2; channels++ {
			for _, kbps := range []int{128, 192, 256, 320} {
				all = append(all, Config{SampleRate: rate, Channels: channels, BitrateKbps: kbps})
			}
		}
	}
	return all
}()

func (c Config) String() string {
	return fmt.Sprintf("%d-%d-%dk", c.SampleRate, c.Channels, c.BitrateKbps)
}

func newEncoder(t testing.TB, c Config) *Encoder {
	t.Helper()
	e, err := NewEncoder(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// hostile gives samples by frame and channel that no music has.
var hostile = map[string]func(i, ch int) int32{
	"silence":       func(int, int) int32 { return 0 },
	"DC":            func(int, int) int32 { return 20000 },
	"full scale DC": func(int, int) int32 { return -32768 },
	"square":        func(i, ch int) int32 { return int32(i/50%2)*65535 - 32768 },
	"fast square":   func(i, ch int) int32 { return int32(i%2)*65535 - 32768 },
	"one side":      func(i, ch int) int32 { return int32((1 - ch) * (i % 100) * 300) },
	"opposite":      func(i, ch int) int32 { return int32((1 - 2*ch) * (i % 100) * 300) },
	"impulse":       func(i, ch int) int32 { return 32767 * int32(boolInt(i == 5000)) },
	"impulses":      func(i, ch int) int32 { return 32767 * int32(boolInt(i%701 == 0)) },
	"lowest bit":    func(i, ch int) int32 { return int32(i % 2) },
	"white noise":   func(i, ch int) int32 { return int32(hash(i, ch)%65536) - 32768 },
	"bursts":        func(i, ch int) int32 { return int32(boolInt(i/3000%2 == 0)) * (int32(hash(i, ch)%65536) - 32768) },
	"sine":          func(i, ch int) int32 { return int32(32767 * math.Sin(float64(i)*0.1)) },
	"beyond 16 bit": func(i, ch int) int32 { return int32(hash(i, ch)) },
}

func hash(i, ch int) uint32 {
	v := uint32(2*i+ch)*2654435761 + 12345
	v ^= v >> 15
	v *= 2246822519
	return v ^ v>>13
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func samples(c Config, frames int, of func(i, ch int) int32) []int32 {
	pcm := make([]int32, 0, frames*c.Channels)
	for i := range frames {
		for ch := range c.Channels {
			pcm = append(pcm, of(i, ch))
		}
	}
	return pcm
}

func TestConfig(t *testing.T) {
	for _, c := range allConfigs {
		if e := newEncoder(t, c); e.FrameLength() != 1152 {
			t.Errorf("%v: %d PCM frames in a frame", c, e.FrameLength())
		}
	}
	for name, c := range map[string]Config{
		"rate of MPEG-2": {22050, 2, 128},
		"three channels": {44100, 3, 128},
		"no channels":    {44100, 0, 128},
		"odd bitrate":    {44100, 2, 100},
		"zero":           {},
	} {
		if _, err := NewEncoder(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestHostileSignalsGiveStrictStreams(t *testing.T) {
	for name, of := range hostile {
		t.Run(name, func(t *testing.T) {
			for _, c := range allConfigs {
				t.Run(c.String(), func(t *testing.T) {
					e := newEncoder(t, c)
					stream := e.Flush(e.Encode(nil, samples(c, 20000, of)))
					checkStream(t, stream, c)
				})
			}
		})
	}
}

// The checker would not notice a feature that is never used.
func TestMakesUseOfTheFormat(t *testing.T) {
	c := Config{44100, 2, 192}
	e := newEncoder(t, c)
	var stream []byte
	for _, name := range []string{"sine", "bursts", "impulses", "white noise", "one side", "silence", "sine"} {
		stream = e.Encode(stream, samples(c, 30000, hostile[name]))
	}
	stats := checkStream(t, e.Flush(stream), c)
	if stats.farthest < 400 {
		t.Errorf("the reservoir reached back only %d bytes", stats.farthest)
	}
	if stats.midSide == 0 {
		t.Error("no frame as middle and side")
	}
	for block, n := range stats.blocks {
		if n == 0 {
			t.Errorf("no granule is %v", blockType(block))
		}
	}
	used := 0
	for _, n := range stats.tables {
		used += boolInt(n > 0)
	}
	if used < 20 {
		t.Errorf("only %d Huffman tables: %v", used, stats.tables)
	}
}

func TestBlocksOfPCMDoNotMatter(t *testing.T) {
	c := Config{44100, 2, 128}
	pcm := samples(c, 10000, hostile["bursts"])
	whole := newEncoder(t, c)
	want := whole.Flush(whole.Encode(nil, pcm))
	for _, frames := range []int{1, 352, 1151, 1152, 1153, 5000} {
		e := newEncoder(t, c)
		var got []byte
		for rest := pcm; len(rest) > 0; {
			n := min(2*frames, len(rest))
			got = e.Encode(got, rest[:n])
			rest = rest[n:]
		}
		if got = e.Flush(got); !bytes.Equal(want, got) {
			t.Errorf("blocks of %d PCM frames give another stream", frames)
		}
	}
}

// The number of frames covers all PCM and the delay, and no frame more.
func TestLength(t *testing.T) {
	for _, frames := range []int{0, 1, 1151, 1152, 1153, 44100} {
		c := Config{44100, 1, 128}
		e := newEncoder(t, c)
		stream := e.Flush(e.Encode(nil, samples(c, frames, hostile["sine"])))
		k := &checker{t: t, config: c, words: map[*pairTable]map[uint32]int{}}
		for n := 0; len(stream) > 0; stream = stream[n:] {
			n = k.frame(stream)
		}
		if want := (frames + decoderTail + 1151) / 1152; k.frames != want {
			t.Errorf("%d PCM frames: want %d frames, got %d", frames, want, k.frames)
		}
	}
}

func TestEncodeDoesNotAllocate(t *testing.T) {
	for _, name := range []string{"white noise", "bursts", "sine"} {
		c := Config{44100, 2, 320}
		e := newEncoder(t, c)
		pcm := samples(c, 2304, hostile[name])
		buf := e.Encode(make([]byte, 0, 1<<14), pcm)
		if n := testing.AllocsPerRun(50, func() { buf = e.Encode(buf[:0], pcm) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// All that decoders of the distribution have to say is said on standard error.
func TestDecodersTakeTheStream(t *testing.T) {
	decoders := map[string][]string{
		"ffmpeg":  {"-v", "warning", "-f", "mp3", "-i", "IN", "-f", "null", "-"},
		"mpg123":  {"-q", "-t", "IN"},
		"madplay": {"-q", "-o", "null:", "IN"},
	}
	for program, args := range decoders {
		if _, err := exec.LookPath(program); err != nil {
			t.Run(program, func(t *testing.T) {
				t.Skipf("%s, which judges our streams, is not installed", program)
			})
			continue
		}
		for name, of := range hostile {
			t.Run(program+"/"+name, func(t *testing.T) {
				for _, c := range []Config{{44100, 2, 320}, {48000, 2, 128}, {44100, 1, 192}, {32000, 1, 320}} {
					e := newEncoder(t, c)
					decodeWith(t, program, args, e.Flush(e.Encode(nil, samples(c, 30000, of))))
				}
			})
		}
	}
}

func decodeWith(t *testing.T, program string, args []string, stream []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.mp3")
	if err := os.WriteFile(path, stream, 0o600); err != nil {
		t.Fatal(err)
	}
	line := strings.Split(strings.ReplaceAll(strings.Join(args, "\n"), "IN", path), "\n")
	output, err := exec.Command(program, line...).CombinedOutput()
	if said := strings.TrimSpace(string(output)); err != nil || said != "" && !strings.Contains(said, "Estimating duration") {
		t.Errorf("%s: %v\n%s", program, err, said)
	}
}

// A speaker that joins late has the sound after at most a few frames: what it
// decodes there is what it would have decoded from the start.
func TestDecodersJoinLate(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg (Debian: ffmpeg), which joins the stream late, is not installed")
	}
	c := Config{48000, 2, 128}
	const frameBytes, joined, settled = 384, 20, 5
	e := newEncoder(t, c)
	stream := e.Flush(e.Encode(nil, samples(c, 40*frameLength, hostile["bursts"])))
	whole := decodedPCM(t, stream)[4*frameLength*joined:]
	late := decodedPCM(t, stream[frameBytes*joined:])
	if len(late) != len(whole) {
		t.Fatalf("want %d bytes, got %d", len(whole), len(late))
	}
	if from := 4 * frameLength * settled; !bytes.Equal(whole[from:], late[from:]) {
		t.Error("the sound differs")
	}
}

func decodedPCM(t *testing.T, stream []byte) []byte {
	t.Helper()
	cmd := exec.Command("ffmpeg", "-v", "quiet", "-f", "mp3", "-i", "-", "-f", "s16le", "-")
	cmd.Stdin = bytes.NewReader(stream)
	pcm, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return pcm
}

func FuzzEncode(f *testing.F) {
	f.Add(uint64(1), uint8(0), []byte{1, 2, 3, 4})
	f.Add(uint64(2), uint8(13), []byte{255, 0, 128, 7, 7})
	f.Add(uint64(3), uint8(23), []byte{9})
	f.Fuzz(func(t *testing.T, seed uint64, config uint8, shape []byte) {
		c := allConfigs[int(config)%len(allConfigs)]
		rng := rand.New(rand.NewPCG(seed, 1))
		e := newEncoder(t, c)
		var stream []byte
		// Each byte is a block of some length: louder noise, a click, or a held
		// level, or one bit of noise.
		for _, b := range shape[:min(len(shape), 24)] {
			pcm := make([]int32, rng.IntN(3000))
			level := int32(1) << (b >> 4)
			for i := range pcm {
				switch b % 4 {
				case 0:
					pcm[i] = rng.Int32N(2*level) - level
				case 1:
					pcm[i] = level * int32(boolInt(i == len(pcm)/2))
				case 2:
					pcm[i] = -level
				default:
					pcm[i] = int32(float64(level) * math.Sin(float64(i)*float64(b)/100))
				}
			}
			stream = e.Encode(stream, pcm)
		}
		checkStream(t, e.Flush(stream), c)
	})
}
