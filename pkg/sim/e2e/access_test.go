package e2e_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
	"github.com/breezeway-audio/breezeway/pkg/sim/demo"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// otherHost is another sender's address on demo.Loopback.
var otherHost = netip.MustParseAddr("127.0.0.2")

// wantRefusal fails the test unless err is a refusal with that status.
func wantRefusal(t *testing.T, want int, err error) {
	t.Helper()
	var refusal *sender.StatusError
	if !errors.As(err, &refusal) || refusal.Status != want {
		t.Errorf("want status %d, got %v", want, err)
	}
}

func TestSecondSenderIsRefused(t *testing.T) {
	t.Parallel()
	rec := newRecorder()
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", Capture: rec})
	to := sim.waitOffered("Kitchen")
	music := testMusic(1, 4*time.Second)
	first := sim.connectSender(to, sender.Options{})
	first.send(music[:len(music)/2])
	wantRefusal(t, rtsp.StatusNotEnoughBandwidth, sim.newSender(to, sender.Options{Local: otherHost}).Connect(t.Context()))
	first.send(music[len(music)/2:])
	first.sendSilenceUntilHeard(rec, len(music))
	rec.wantPieces(t, music)

	// The same client may have lost its first connection without knowing.
	again := testMusic(2, 2*time.Second)
	second := sim.connectSender(to, sender.Options{})
	second.send(again)
	second.sendSilenceUntilHeard(rec, len(music)+len(again))
	rec.wantPieces(t, music, again)
	if err := first.SetVolume(t.Context(), -10); err == nil {
		t.Error("want the first session ended, its connection still serves")
	}
}

// While a speaker plays, another sender asks for it, and then the first sender on a new
// connection. The speaker plays the sender that BREEZEWAY_TAKEOVER lets have it.
func TestTwoSendersFight(t *testing.T) {
	for policy, want := range map[string]struct {
		other, again bool // who gets the speaker
	}{
		"same":   {false, true},
		"never":  {false, false},
		"always": {true, true},
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			rec := newRecorder()
			sim := startSimulation(t, []string{longLatency, "BREEZEWAY_TAKEOVER=" + policy}, speaker.Options{Name: "Kitchen", Capture: rec})
			to := sim.waitOffered("Kitchen")
			plays := sim.connectSender(to, sender.Options{})
			first, last := testMusic(1, time.Second), testMusic(9, 2*time.Second)
			plays.send(first)
			plays.sendSilenceUntilHeard(rec, len(first))
			for local, gets := range map[netip.Addr]bool{otherHost: want.other, demo.Loopback: want.again} {
				rival := sim.newSender(to, sender.Options{Local: local})
				err := rival.Connect(t.Context())
				if !gets {
					wantRefusal(t, rtsp.StatusNotEnoughBandwidth, err)
					continue
				}
				must(t, err)
				if err := plays.SetVolume(t.Context(), -10); err == nil {
					t.Error("want the session before ended, its connection still serves")
				}
				plays = rival
			}
			plays.send(last)
			plays.sendSilenceUntilHeard(rec, len(first)+len(last))
			must(t, plays.Teardown(t.Context()))
			rec.wantPieces(t, first, last)
		})
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	rec := newRecorder()
	sim := startSimulation(t, []string{longLatency, "BREEZEWAY_PASSWORD=open sesame"}, speaker.Options{Name: "Kitchen", Capture: rec})
	to := sim.waitOffered("Kitchen")
	for name, password := range map[string]string{"none": "", "wrong": "sesame"} {
		t.Run(name, func(t *testing.T) {
			err := sim.forSubtest(t).newSender(to, sender.Options{Password: password}).Connect(t.Context())
			wantRefusal(t, rtsp.StatusUnauthorized, err)
		})
	}
	music := testMusic(1, time.Second)
	from := sim.connectSender(to, sender.Options{Password: "open sesame", Encryption: sender.EncryptionRSA})
	from.send(music)
	from.sendSilenceUntilHeard(rec, len(music))
	rec.wantPieces(t, music)
}
