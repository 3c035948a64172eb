package e2e_test

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// burstPackets is 200 ms of packets.
const burstPackets = 25

// TestProfiles plays as each known sender does, through a pause, with the
// password. Those that send again what is lost lose 5 % and a burst of 200 ms.
// All of it arrives, sample by sample.
func TestProfiles(t *testing.T) {
	const password = "open sesame"
	for i, profile := range sender.Profiles() {
		t.Run(profile.Name, func(t *testing.T) {
			t.Parallel()
			rec := newRecorder()
			sim := startSimulation(t, []string{longLatency, "BREEZEWAY_PASSWORD=" + password}, speaker.Options{Name: "Kitchen", Capture: rec})
			to := sim.waitOffered("Kitchen")
			o := profile.Options
			o.Password, o.Seed = password, uint64(i)
			if !o.NoResend {
				o.Loss = 0.05
			}
			from := sim.connectSender(to, o)
			first, second := testMusic(1, 4*time.Second), testMusic(2, 2*time.Second)
			half := len(first) / 2
			from.send(first[:half])
			if !o.NoResend {
				from.Lose(burstPackets)
			}
			from.send(first[half:])
			from.sendSilenceUntilHeard(rec, len(first))
			from.pauseLike(profile)
			from.send(second)
			from.sendSilenceUntilHeard(rec, len(first)+len(second))

			s := sim.snapshot(to.UDN)
			from.endLike(profile)
			sim.eventually("the session ends", func() bool { return sim.snapshot(to.UDN).State() == player.StateIdle })
			rec.wantPieces(t, first, second)
			if s.Jitter.ConcealedFrames != 0 || s.Undecodable != 0 {
				t.Errorf("want nothing concealed or undecoded, got %+v, %d undecoded", s.Jitter, s.Undecodable)
			}
			if sent := from.Stats(); !o.NoResend && (sent.Lost < burstPackets || s.Jitter.Recovered < burstPackets) {
				t.Errorf("want a burst lost and recovered, got %d lost, %d recovered", sent.Lost, s.Jitter.Recovered)
			}
		})
	}
}

// pauseLike is a pause of 300 ms as that sender makes it.
func (s testSender) pauseLike(p sender.Profile) {
	s.t.Helper()
	const pause = 300 * time.Millisecond
	must(s.t, s.Flush(s.t.Context()))
	if p.SilenceAfterFlush {
		s.send(silence(pause))
	} else {
		<-time.After(pause)
	}
	if p.RecordAfterFlush {
		must(s.t, s.Record(s.t.Context()))
	}
}

// endLike ends the session as that sender does.
func (s testSender) endLike(p sender.Profile) {
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
	rec := newRecorder()
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", Capture: rec})
	from := sim.connectSender(sim.waitOffered("Kitchen"), sender.Options{Loss: 0.03, Seed: 11, Habits: sender.Habits{NoClock: true}})
	music := testMusic(1, 4*time.Second)
	from.send(music)
	from.sendSilenceUntilHeard(rec, len(music))
	must(t, from.Teardown(t.Context()))
	rec.wantPieces(t, music)
}
