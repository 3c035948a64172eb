package e2e_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// firstSoundWithin is from the first audible packet to the sound of it at a
// speaker that plays what comes when it comes.
const firstSoundWithin = 400 * time.Millisecond

func TestFirstSound(t *testing.T) {
	wantWithin(t, "first audible packet to its sound", firstSoundWithin, func(t *testing.T) time.Duration {
		rec := &timedRecorder{recorder: newRecorder()}
		sim := startSimulation(t, nil, speaker.Options{Name: "Kitchen", Capture: rec})
		defer sim.stop()
		from := sim.connectSender(sim.waitOffered("Kitchen"), sender.Options{})
		sent := time.Now()
		from.sendUntil(testMusic(1, waitTimeout), "its sound", func() bool { return rec.samples() > 0 })
		return rec.firstPieceAfter(sent).Sub(sent)
	})
}

// The whole way with a lossy codec: what a decoder makes of the stream is very similar
// to what was sent, and the speaker gets its frames without a gap.
func TestMP3(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, []string{longLatency, "BREEZEWAY_CODEC=mp3"}, speaker.Options{Name: "Kitchen", StartBuffer: time.Second})
	kitchen := sim.Speakers[0]
	from := sim.connectSender(sim.waitOffered("Kitchen"), sender.Options{})
	music := testMusic(1, 6*time.Second)
	half := len(music) / 2
	sent := from.sendUntil(music[:half], "it is fetched", func() bool { return kitchen.Stats().BytesRead > 0 })
	copied := copyStream(t, lastArgument(t, kitchen, "CurrentURI"))
	from.send(music[sent:])
	from.sendSilenceUntil("all of it at the speaker", func() bool { return kitchen.Position() > audio.CD.Duration(int64(len(music)/2))+3*time.Second })
	if got := lastArgument(t, kitchen, "CurrentURIMetaData"); !strings.Contains(got, "http-get:*:audio/mpeg:DLNA.ORG_PN=MP3") {
		t.Errorf("want MP3 with its DLNA profile offered, got %s", got)
	}
	s := kitchen.Stats()
	must(t, from.Teardown(t.Context()))
	if s.Underruns != 0 || s.Requests != 1 {
		t.Errorf("want one stream without a gap, got %d with %d", s.Requests, s.Underruns)
	}
	got := lab.CompareLossy(packed(music), decoded(t, copied.waitEnd()))
	if got.Whole < 0.999 || got.Worst < 0.99 || got.Missing != 0 {
		t.Errorf("want the music, got %v", got)
	}
}

// lastArgument is the last value that a speaker got for a SOAP argument.
func lastArgument(t *testing.T, s *speaker.Speaker, name string) (value string) {
	t.Helper()
	for _, call := range s.Calls() {
		for _, arg := range call.Args {
			if arg.Name == name {
				value = arg.Value
			}
		}
	}
	return value
}

// A streamCopy reads the same stream as the speaker.
type streamCopy struct {
	copying sync.WaitGroup
	got     bytes.Buffer
}

func copyStream(t *testing.T, url string) *streamCopy {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	must(t, err)
	c := &streamCopy{}
	c.copying.Go(func() {
		defer func() { _ = answer.Body.Close() }()
		_, _ = io.Copy(&c.got, answer.Body) // a stream that is over is cut
	})
	return c
}

// waitEnd waits for the end of the stream and gives it.
func (c *streamCopy) waitEnd() []byte {
	c.copying.Wait()
	return c.got.Bytes()
}

// decoded is an MP3 stream as packed 16-bit stereo.
func decoded(t *testing.T, stream []byte) []byte {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		namespace.Unavailable(t, "ffmpeg (Debian: ffmpeg), which decodes what the speaker heard, is not installed")
	}
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "quiet", "-f", "mp3", "-i", "-", "-f", "s16le", "-")
	cmd.Stdin = bytes.NewReader(stream)
	pcm, err := cmd.Output()
	must(t, err)
	return pcm
}

func packed(pcm []int32) []byte {
	b := make([]byte, 0, 2*len(pcm))
	for _, sample := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(sample))
	}
	return b
}
