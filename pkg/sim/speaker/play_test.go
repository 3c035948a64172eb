package speaker_test

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// flacStream encodes stereo pcm in blocks of 1152 frames.
func flacStream(t *testing.T, pcm []int32, bitDepth int) []byte {
	t.Helper()
	const block = 1152
	var b bytes.Buffer
	e, err := flac.NewEncoder(&b, &meta.StreamInfo{
		BlockSizeMin: block, BlockSizeMax: block, SampleRate: 44100, NChannels: 2, BitsPerSample: uint8(bitDepth),
	})
	if err != nil {
		t.Fatal(err)
	}
	for samples := range slices.Chunk(pcm, 2*block) {
		left, right := make([]int32, 0, block), make([]int32, 0, block)
		for pair := range slices.Chunk(samples, 2) {
			left, right = append(left, pair[0]), append(right, pair[1])
		}
		err := e.WriteFrame(&frame.Frame{
			Header: frame.Header{
				HasFixedBlockSize: true, BlockSize: uint16(len(left)), SampleRate: 44100,
				Channels: frame.ChannelsLR, BitsPerSample: uint8(bitDepth),
			},
			Subframes: []*frame.Subframe{verbatim(left), verbatim(right)},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func verbatim(samples []int32) *frame.Subframe {
	return &frame.Subframe{
		SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, Samples: samples, NSamples: len(samples),
	}
}

func TestPlaysEveryCodecBitExact(t *testing.T) {
	const frames = 10000 // no whole number of chunks or blocks
	cd, deep := noise(frames, 16), noise(frames, 24)
	tests := []struct {
		name        string
		contentType string
		body        []byte
		want        []int32
		bitDepth    int
	}{
		{"WAV without end", "audio/wav", wav(cd, 16, 0xffffffff), cd, 16},
		{"WAV of known length", "audio/wav", append(wav(cd, 16, 4*frames), "LISTtail"...), cd, 16},
		{"WAV of 24 bit", "application/octet-stream", wav(deep, 24, 0xffffffff), deep, 24},
		{"L16", "audio/L16;rate=44100;channels=2", packBE16(cd), cd, 16},
		{"L16 without parameters", "audio/l16", packBE16(cd), cd, 16},
		{"FLAC", "audio/flac", flacStream(t, cd, 16), cd, 16},
		{"FLAC of 24 bit", "audio/x-flac", flacStream(t, deep, 24), deep, 24},
		{"nothing at all in a WAV", "audio/wav", wav(nil, 16, 0), nil, 16},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var capture bytes.Buffer
			s := start(t, speaker.Options{Pace: speaker.PaceFree, KeepFrames: frames, Capture: &capture})
			play(t, s, serveStream(t, tt.contentType, tt.body))
			eventually(t, "the end of the stream", func() bool { return s.State() == speaker.Stopped })

			if !slices.Equal(tt.want, s.Samples()) {
				t.Errorf("want the %d samples that were sent, got %d other ones", len(tt.want), len(s.Samples()))
			}
			if want := packLE(tt.want, tt.bitDepth); !bytes.Equal(want, capture.Bytes()) {
				t.Errorf("want %d bytes captured as sent, got %d other ones", len(want), capture.Len())
			}
			if want, got := int64(len(tt.want)/2), s.Stats().FramesPlayed; want != got {
				t.Errorf("want %d frames counted, got %d", want, got)
			}
			out := mustCall(t, s, "AVTransport", "GetTransportInfo", "InstanceID", "0")
			if want, got := "OK", out["CurrentTransportStatus"]; want != got {
				t.Errorf("want status %s, got %s", want, got)
			}
		})
	}
}

func TestBrokenStreamsEndInError(t *testing.T) {
	pcm := noise(3000, 16)
	damaged := flacStream(t, pcm, 16)
	for i := 6000; i < len(damaged); i += 7 {
		damaged[i] ^= 0x5a
	}
	tests := []struct {
		name        string
		contentType string
		body        []byte
	}{
		{"no audio", "text/html", []byte("<html>not found</html>")},
		{"empty", "audio/wav", nil},
		{"WAV cut in the header", "audio/wav", wav(pcm, 16, 0xffffffff)[:30]},
		{"WAV cut inside a frame", "audio/wav", append(wav(pcm, 16, 0xffffffff), 1)},
		{"WAV of 8 bit", "audio/wav", wav(pcm, 8, 0xffffffff)},
		{"FLAC cut inside a frame", "audio/flac", flacStream(t, pcm, 16)[:8000]},
		{"FLAC with flipped bits", "audio/flac", damaged},
		{"L16 at an odd rate", "audio/L16;rate=1;channels=2", packBE16(pcm)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, speaker.Options{Pace: speaker.PaceFree})
			play(t, s, serveStream(t, tt.contentType, tt.body))
			eventually(t, "the end of the stream", func() bool { return s.State() == speaker.Stopped })
			out := mustCall(t, s, "AVTransport", "GetTransportInfo", "InstanceID", "0")
			if want, got := "ERROR_OCCURRED", out["CurrentTransportStatus"]; want != got {
				t.Errorf("want status %s, got %s", want, got)
			}
		})
	}
}

func TestRefusedStreamEndsInError(t *testing.T) {
	s := start(t, speaker.Options{})
	play(t, s, serveFunc(t, http.NotFound))
	eventually(t, "the end of the stream", func() bool { return s.State() == speaker.Stopped })
	if want, got := 1, s.Stats().Requests; want != got {
		t.Errorf("want %d request, got %d", want, got)
	}
}

func TestPlaysAtThePaceOfAClock(t *testing.T) {
	const frames = 44100 / 2
	s := start(t, speaker.Options{StartBuffer: 100 * time.Millisecond, KeepFrames: frames})
	play(t, s, serveStream(t, "audio/wav", wav(noise(frames, 16), 16, 4*frames)))
	eventually(t, "sound", func() bool { return s.State() == speaker.Playing })
	eventually(t, "the end of the stream", func() bool { return s.State() == speaker.Stopped })

	stats := s.Stats()
	took := time.Since(stats.FirstSoundAt)
	if want := audio.CD.Duration(frames); took < want {
		t.Errorf("want at least %v for the sound, took %v", want, took)
	}
	if stats.Underruns != 0 || stats.FramesPlayed != frames {
		t.Errorf("want %d frames and no underrun, got %+v", frames, stats)
	}
	if stats.RequestedAt.After(stats.FirstByteAt) || stats.FirstByteAt.After(stats.FirstSoundAt) {
		t.Errorf("want request, first byte and first sound in this order, got %+v", stats)
	}
}

func TestCountsUnderruns(t *testing.T) {
	goOn := make(chan struct{})
	s := start(t, speaker.Options{})
	play(t, s, serveFunc(t, func(w http.ResponseWriter, _ *http.Request) {
		stream := wav(noise(4410, 16), 16, 0xffffffff)
		half := len(stream) / 2
		_, err := w.Write(stream[:half])
		err = errors.Join(err, http.NewResponseController(w).Flush())
		<-goOn
		_, err2 := w.Write(stream[half:])
		if err := errors.Join(err, err2); err != nil {
			t.Error(err)
		}
	}))
	eventually(t, "half of the sound", func() bool { return s.Position() >= 40*time.Millisecond })
	ending := time.Now()
	eventually(t, "its end to have passed", func() bool { return time.Since(ending) > 200*time.Millisecond })
	close(goOn)
	eventually(t, "the end of the stream", func() bool { return s.State() == speaker.Stopped })
	if got := s.Stats(); got.Underruns == 0 || got.Starved < 10*time.Millisecond {
		t.Errorf("want an underrun of some 190 ms, got %+v", got)
	}
}

// live is an endless stream of silence that ends with its connection.
func live(t *testing.T) string {
	return serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		_, err := w.Write(wav(nil, 16, 0xffffffff))
		for silence := make([]byte, 4*441); err == nil; {
			_, err = w.Write(silence)
		}
	})
}

func TestPauseHoldsTheSound(t *testing.T) {
	s := start(t, speaker.Options{})
	play(t, s, live(t))
	eventually(t, "sound", func() bool { return s.State() == speaker.Playing })
	mustCall(t, s, "AVTransport", "Pause", "InstanceID", "0")
	eventually(t, "the chunk under way to end", func() bool {
		before := s.Position()
		deadline := time.Now().Add(50 * time.Millisecond)
		for time.Now().Before(deadline) {
			if s.Position() != before {
				return false
			}
		}
		return true
	})
	held := s.Position()
	mustCall(t, s, "AVTransport", "Play", "InstanceID", "0", "Speed", "1")
	eventually(t, "the sound to go on", func() bool { return s.Position() > held })
	if want, got := 1, s.Stats().Requests; want != got {
		t.Errorf("want the same connection as before, got %d", got)
	}
}

func TestStopAndPlayAgainFetchesAgain(t *testing.T) {
	s := start(t, speaker.Options{})
	play(t, s, live(t))
	for round := range 3 {
		eventually(t, "sound", func() bool { return s.State() == speaker.Playing })
		mustCall(t, s, "AVTransport", "Stop", "InstanceID", "0")
		if want, got := speaker.Stopped, s.State(); want != got {
			t.Fatalf("round %d: want %v, got %v", round, want, got)
		}
		mustCall(t, s, "AVTransport", "Play", "InstanceID", "0", "Speed", "1")
	}
	eventually(t, "sound", func() bool { return s.State() == speaker.Playing })
	if want, got := 4, s.Stats().Requests; want != got {
		t.Errorf("want %d requests, got %d", want, got)
	}
}

func TestKeepsNoMoreThanAsked(t *testing.T) {
	s := start(t, speaker.Options{Pace: speaker.PaceFree, KeepFrames: 1000})
	pcm := noise(5000, 16)
	play(t, s, serveStream(t, "audio/wav", wav(pcm, 16, 0xffffffff)))
	eventually(t, "the end of the stream", func() bool { return s.State() == speaker.Stopped })
	if !slices.Equal(pcm[:2000], s.Samples()) {
		t.Errorf("want the first 1000 frames, got %d", len(s.Samples())/2)
	}
	if stats := s.Stats(); stats.FramesPlayed != 5000 || stats.FramesKept != 1000 {
		t.Errorf("want 5000 frames played and 1000 kept, got %+v", stats)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestCaptureFailureIsTold(t *testing.T) {
	s := start(t, speaker.Options{Pace: speaker.PaceFree, Capture: brokenPipe{}})
	play(t, s, serveStream(t, "audio/wav", wav(noise(2000, 16), 16, 0xffffffff)))
	eventually(t, "the end of the stream", func() bool { return s.State() == speaker.Stopped })
	if s.CaptureErr() == nil {
		t.Error("want an error of the capture")
	}
	if want, got := int64(2000), s.Stats().FramesPlayed; want != got {
		t.Errorf("want %d frames played all the same, got %d", want, got)
	}
}
