//go:build linux

package e2e_test

import (
	"context"
	"errors"
	"fmt"
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
)

var ssdpGroup = netip.MustParseAddrPort("239.255.255.250:1900")

// beSpeaker is a speaker until SIGTERM.
func beSpeaker(name string) error {
	addr, err := netip.ParseAddr(os.Getenv(addrVariable))
	if err != nil {
		return err
	}
	capture, err := os.Create(os.Getenv(captureVariable))
	if err != nil {
		return err
	}
	one, err := speaker.New(speaker.Options{Name: name, Listen: addr, SSDPGroup: ssdpGroup, Capture: capture})
	if err != nil {
		return errors.Join(err, capture.Close())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		<-one.Ready()
		fmt.Println("ready at", one.Location())
	}()
	return errors.Join(one.Run(ctx), one.CaptureErr(), capture.Close())
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
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &simSpeaker{name: name, capture: filepath.Join(t.TempDir(), "capture.raw")}
	s.Process = host.Start(t, lab.Program{
		Name: "software speaker " + name,
		Args: []string{program},
		Env:  []string{speakerVariable + "=" + name, addrVariable + "=" + addr.String(), captureVariable + "=" + s.capture},
	})
	s.WaitLine(t, "^ready at ", logWithin)
	return s
}

// waitPlayed waits until all of a tone was played since the capture had so many
// bytes, or the time is over, and compares.
func (s *simSpeaker) waitPlayed(t *testing.T, tone []byte, from int, within time.Duration) lab.Report {
	t.Helper()
	var report lab.Report
	lab.ComesTrue(within, func() bool {
		played := s.played(t)[from:]
		if len(played) < len(tone) {
			return false
		}
		report = lab.Compare(tone, played)
		return report.Exact() || report.LostTail == 0 && report.Found > 0
	})
	return lab.Compare(tone, s.played(t)[from:])
}

// played is the sound that the speaker has played so far.
func (s *simSpeaker) played(t *testing.T) []byte {
	t.Helper()
	pcm, err := os.ReadFile(s.capture)
	if err != nil {
		t.Fatal(err)
	}
	return pcm
}
