//go:build linux

package lan_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// A software speaker is this test program, run again on a host. These tell it
// its name, its address and the file that gets its sound.
const (
	speakerVariable = "BREEZEWAY_TEST_SPEAKER"
	addrVariable    = "BREEZEWAY_TEST_SPEAKER_ADDR"
	captureVariable = "BREEZEWAY_TEST_SPEAKER_CAPTURE"
	// profileVariable names one of package speaker's profiles; empty: none.
	profileVariable = "BREEZEWAY_TEST_SPEAKER_PROFILE"
	// quirksVariable has the speaker's quirks as JSON. Its sound goes to a delayMeter
	// then, which prints measurements, instead of to the file.
	quirksVariable = "BREEZEWAY_TEST_SPEAKER_QUIRKS"
)

var ssdpGroup = netip.MustParseAddrPort("239.255.255.250:1900")

// runAsSpeaker is a speaker until SIGTERM.
func runAsSpeaker(name string) error {
	addr, err := netip.ParseAddr(os.Getenv(addrVariable))
	if err != nil {
		return err
	}
	options := speaker.Options{Name: name, Listen: addr, SSDPGroup: ssdpGroup}
	if p, ok := speaker.FindProfile(os.Getenv(profileVariable)); ok {
		options = p.On(options)
	}
	if quirks := os.Getenv(quirksVariable); quirks != "" {
		return runAsMeasuredSpeaker(options, quirks)
	}
	capture, err := os.Create(os.Getenv(captureVariable))
	if err != nil {
		return err
	}
	options.Capture = capture
	one, err := speaker.New(options)
	if err != nil {
		return errors.Join(err, capture.Close())
	}
	return errors.Join(runSpeaker(one), capture.Close())
}

// runAsMeasuredSpeaker is a speaker whose sound goes to a delayMeter.
func runAsMeasuredSpeaker(options speaker.Options, quirks string) error {
	if err := json.Unmarshal([]byte(quirks), &options.Quirks); err != nil {
		return err
	}
	m := newDelayMeter()
	options.Capture = m
	one, err := speaker.New(options)
	if err != nil {
		return err
	}
	m.underruns = func() int { return one.Stats().Underruns }
	return runSpeaker(one)
}

// runSpeaker runs one until SIGTERM.
func runSpeaker(one *speaker.Speaker) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		<-one.Ready()
		fmt.Println("ready at", one.Location())
	}()
	return errors.Join(one.Run(ctx), one.CaptureErr())
}

// A simSpeaker is a software speaker on a host.
type simSpeaker struct {
	*lab.Process
	name    string
	capture string
}

// startSimSpeaker runs one at an address of the host until the test ends.
func startSimSpeaker(t *testing.T, host *lab.Host, addr netip.Addr, name string) *simSpeaker {
	t.Helper()
	return startProfile(t, host, addr, name, "")
}

// startProfile runs one with the oddities of a profile.
func startProfile(t *testing.T, host *lab.Host, addr netip.Addr, name, profile string) *simSpeaker {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &simSpeaker{name: name, capture: filepath.Join(t.TempDir(), "capture.raw")}
	s.Process = host.Start(t, lab.Program{
		Name: "software speaker " + name,
		Args: []string{program},
		Env:  []string{speakerVariable + "=" + name, addrVariable + "=" + addr.String(), captureVariable + "=" + s.capture, profileVariable + "=" + profile},
	})
	s.WaitLine(t, "^ready at ", logWithin)
	return s
}

// waitPlayed waits until the end of a tone was played, or the time is over, and
// compares with what was played since the capture had so many bytes.
func (s *simSpeaker) waitPlayed(t *testing.T, tone []byte, from int64, within time.Duration) lab.Report {
	t.Helper()
	const endBytes, lookBytes = 64, 4 << 20 // look at the last 20 seconds
	end := tone[len(tone)-endBytes:]
	lab.ComesTrue(within, func() bool {
		size := s.size(t)
		return size >= from+int64(len(tone)) && bytes.Contains(s.played(t, max(from, size-lookBytes)), end)
	})
	return lab.Compare(tone, s.played(t, from))
}

// size is how many bytes of sound the speaker has played so far.
func (s *simSpeaker) size(t *testing.T) int64 {
	t.Helper()
	info, err := os.Stat(s.capture)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// played is the sound that the speaker has played so far, from a byte on.
func (s *simSpeaker) played(t *testing.T, from int64) []byte {
	t.Helper()
	file, err := os.Open(s.capture)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // read only
	if _, err := file.Seek(from, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	pcm, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return pcm
}
