package e2e_test

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// burst is 200 ms of packets.
const burst = 25

// TestProfiles plays as each known sender does, through a pause, with the
// password. Those that send again what is lost lose 5 % and a burst of 200 ms.
// All of it arrives, sample by sample.
func TestProfiles(t *testing.T) {
	const password = "open sesame"
	for i, profile := range sender.Profiles() {
		t.Run(profile.Name, func(t *testing.T) {
			t.Parallel()
			e := newEar()
			p := stand(t, []string{roomy, "BREEZEWAY_PASSWORD=" + password}, speaker.Options{Name: "Kitchen", Capture: e})
			to := p.offered("Kitchen")
			o := profile.Options
			o.Password, o.Seed = password, uint64(i)
			if !o.NoResend {
				o.Loss = 0.05
			}
			from := p.connect(to, o)
			first, second := tune(1, 4*time.Second), tune(2, 2*time.Second)
			half := len(first) / 2
			from.play(first[:half])
			if !o.NoResend {
				from.Lose(burst)
			}
			from.play(first[half:])
			from.playOut(e, len(first))
			from.pauseAs(profile)
			from.play(second)
			from.playOut(e, len(first)+len(second))

			s := p.shown(to.UDN)
			from.leaveAs(profile)
			p.eventually("the session ends", func() bool { return p.shown(to.UDN).State() == player.StateIdle })
			e.wantPieces(t, first, second)
			if s.Jitter.ConcealedFrames != 0 || s.Undecodable != 0 {
				t.Errorf("want nothing concealed or undecoded, got %+v, %d undecoded", s.Jitter, s.Undecodable)
			}
			if sent := from.Stats(); !o.NoResend && (sent.Lost < burst || s.Jitter.Recovered < burst) {
				t.Errorf("want a burst lost and recovered, got %d lost, %d recovered", sent.Lost, s.Jitter.Recovered)
			}
		})
	}
}

// pauseAs is a pause of 300 ms as that sender makes it.
func (s source) pauseAs(p sender.Profile) {
	s.t.Helper()
	const pause = 300 * time.Millisecond
	must(s.t, s.Flush(s.t.Context()))
	if p.SilenceAfterFlush {
		s.play(silence(pause))
	} else {
		<-time.After(pause)
	}
	if p.RecordAfterFlush {
		must(s.t, s.Record(s.t.Context()))
	}
}

// leaveAs ends the session as that sender does.
func (s source) leaveAs(p sender.Profile) {
	s.t.Helper()
	if !p.NoTeardown {
		must(s.t, s.Teardown(s.t.Context()))
	}
	s.Close()
}

// A sender whose clock cannot be asked, as behind a firewall, is played by the
// arrival of its packets.
func TestSenderWithoutAClock(t *testing.T) {
	t.Parallel()
	e := newEar()
	p := stand(t, []string{roomy}, speaker.Options{Name: "Kitchen", Capture: e})
	from := p.connect(p.offered("Kitchen"), sender.Options{Loss: 0.03, Seed: 11, Habits: sender.Habits{NoClock: true}})
	music := tune(1, 4*time.Second)
	from.play(music)
	from.playOut(e, len(music))
	must(t, from.Teardown(t.Context()))
	e.wantPieces(t, music)
}
