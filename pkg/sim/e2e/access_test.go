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

func TestBusy(t *testing.T) {
	t.Parallel()
	e := newEar()
	p := stand(t, []string{roomy}, speaker.Options{Name: "Kitchen", Capture: e})
	to := p.offered("Kitchen")
	music := tune(1, 4*time.Second)
	first := p.connect(to, sender.Options{})
	first.play(music[:len(music)/2])
	wantRefusal(t, rtsp.StatusNotEnoughBandwidth, p.newSource(to, sender.Options{Local: otherHost}).Connect(t.Context()))
	first.play(music[len(music)/2:])
	first.playOut(e, len(music))
	e.wantPieces(t, music)

	// The same client may have lost its first connection without knowing.
	again := tune(2, 2*time.Second)
	second := p.connect(to, sender.Options{})
	second.play(again)
	second.playOut(e, len(music)+len(again))
	e.wantPieces(t, music, again)
	if err := first.SetVolume(t.Context(), -10); err == nil {
		t.Error("want the first session ended, its connection still serves")
	}
}

// TestTwoSendersFight lets another sender, then the first one anew, ask for a
// speaker that plays. What is heard is of the one whose right it is.
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
			e := newEar()
			p := stand(t, []string{roomy, "BREEZEWAY_TAKEOVER=" + policy}, speaker.Options{Name: "Kitchen", Capture: e})
			to := p.offered("Kitchen")
			plays := p.connect(to, sender.Options{})
			first, last := tune(1, time.Second), tune(9, 2*time.Second)
			plays.play(first)
			plays.playOut(e, len(first))
			for local, gets := range map[netip.Addr]bool{otherHost: want.other, demo.Loopback: want.again} {
				rival := p.newSource(to, sender.Options{Local: local})
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
			plays.play(last)
			plays.playOut(e, len(first)+len(last))
			must(t, plays.Teardown(t.Context()))
			e.wantPieces(t, first, last)
		})
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	e := newEar()
	p := stand(t, []string{roomy, "BREEZEWAY_PASSWORD=open sesame"}, speaker.Options{Name: "Kitchen", Capture: e})
	to := p.offered("Kitchen")
	for name, password := range map[string]string{"none": "", "wrong": "sesame"} {
		t.Run(name, func(t *testing.T) {
			err := p.in(t).newSource(to, sender.Options{Password: password}).Connect(t.Context())
			wantRefusal(t, rtsp.StatusUnauthorized, err)
		})
	}
	music := tune(1, time.Second)
	from := p.connect(to, sender.Options{Password: "open sesame", Encryption: sender.EncryptionRSA})
	from.play(music)
	from.playOut(e, len(music))
	e.wantPieces(t, music)
}
