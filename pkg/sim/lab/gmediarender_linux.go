package lab

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// speakerWithin bounds the start of a speaker: GStreamer looks at each of its
// plugins the first time.
const speakerWithin = 40 * time.Second

// A Speaker is gmediarender, a real UPnP MediaRenderer, that plays into a file
// as fast as a sound card would.
type Speaker struct {
	Name     string
	Location string // URL of its description
	process  *Process
	capture  string
}

// StartSpeaker runs a speaker of that friendly name on the host.
func (h *Host) StartSpeaker(t testing.TB, name string) *Speaker {
	t.Helper()
	dir := t.TempDir()
	s := &Speaker{Name: name, capture: filepath.Join(dir, "capture.raw")}
	sink := "audioconvert dithering=none ! audioresample ! audio/x-raw,format=S16LE,rate=44100,channels=2" +
		" ! filesink sync=true append=true buffer-mode=unbuffered location=" + s.capture
	s.process = h.Start(t, Program{
		Name: "gmediarender",
		Dir:  dir,
		Env:  []string{"GST_REGISTRY=" + filepath.Join(h.lan.dir, "gstreamer.bin")},
		Args: []string{
			"gmediarender", "-I", "eth0", "-p", fmt.Sprint(speakerPort), "-f", name,
			"-u", fmt.Sprintf("4c414200-0000-4000-8000-0000000000%02x", h.Addr.As4()[3]),
			"--mime-filter", "audio", "--gstout-buffer-duration=0", "--gstout-audiopipe", sink, "--logfile=stdout",
		},
	})
	s.process.WaitLine(t, "Ready for rendering", speakerWithin)
	s.Location = fmt.Sprintf("http://%s:%d/description.xml", h.Addr, speakerPort)
	return s
}

// speakerPort is in the range that libupnp may use.
const speakerPort = 49494

// Played gives the sound played so far, of all streams one after the other.
func (s *Speaker) Played(t testing.TB) []byte {
	t.Helper()
	pcm, err := os.ReadFile(s.capture)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal("lab:", err)
	}
	return pcm
}

// WaitPlayed waits until the end of the sent sound was played, or the time is
// over, and compares.
func (s *Speaker) WaitPlayed(t testing.TB, sent []byte, within time.Duration) Report {
	t.Helper()
	signal := trimSilence(sent)
	end := signal[max(0, len(signal)-keyBytes):]
	ComesTrue(within, func() bool { return bytes.Contains(s.playedLast(t), end) })
	return Compare(sent, s.Played(t))
}

// WaitSimilar is WaitPlayed for a codec that loses, of what was played after so many
// bytes of the capture.
func (s *Speaker) WaitSimilar(t testing.TB, sent []byte, from int, within time.Duration) Similarity {
	t.Helper()
	length := len(trimSilence(sent)) / 2 // samples
	ComesTrue(within, func() bool {
		first, last := audible(samples(s.Played(t)[from:]))
		return last-first >= length-slack*channels
	})
	return CompareLossy(sent, s.Played(t)[from:])
}

// playedLast gives the last seconds of the capture.
func (s *Speaker) playedLast(t testing.TB) []byte {
	t.Helper()
	const lastBytes = 10 * sampleRate * frameBytes
	file, err := os.Open(s.capture)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal("lab:", err)
	}
	defer func() { _ = file.Close() }() // read only
	info, err := file.Stat()
	if err != nil {
		t.Fatal("lab:", err)
	}
	from := max(0, info.Size()-lastBytes)
	pcm, err := io.ReadAll(io.NewSectionReader(file, from, info.Size()-from))
	if err != nil {
		t.Fatal("lab:", err)
	}
	return pcm
}
