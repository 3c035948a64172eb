package bridge

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

// lead is the silence that the player's stream began with.
func (p *player) leadNow() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status.lead
}

// The number of the first sound comes round after 27 hours: a renderer that is
// started anew then does not get hours of silence first.
func TestLeadAfterADay(t *testing.T) {
	runDesk(t, func(d *desk) {
		d.device()
		d.sound()
		d.after(5*time.Second, StatePlaying)
		round := int64(d.pipeline.first.Load()) + 1<<32
		d.pipeline.timeline.Observe(uint32(round-60*44100), time.Now())
		d.hears(d.kitchen().target, renderer.Lost{Reason: "gone"})
		d.after(3*time.Second, StatePlaying)
		if lead := d.kitchen().leadNow(); lead > time.Second {
			t.Errorf("want no more than the wait for the next packet, got %v", lead)
		}
	})
}

// A lead that is longer than the stream keeps begins later; it is not lost.
func TestLongLead(t *testing.T) {
	for _, shared := range []bool{false, true} {
		runLine(t, func(l *line) {
			l.listen()
			l.send(100)
			v := voice{codec: audio.WAV}
			if shared {
				l.join(v)
			}
			encoder, err := v.encoder(audio.CD, 0)
			if err != nil {
				t.Fatal(err)
			}
			s := stream.New(stream.ServerOptions{}).Open(stream.Options{Codec: audio.WAV})
			defer s.Discard()
			_, lead := l.begin(v, encoder, s, 13*time.Second)
			if kept := audio.CD.Duration(s.Stats().Behind / 4); kept < 11*time.Second || kept > lead {
				t.Errorf("shared %v: want most of %v kept, got %v", shared, lead, kept)
			}
		})
	}
}

// A renderer that is started anew while the sender sends silence gets it at its
// pace, and not all at once with the next sound.
func TestStartInSilence(t *testing.T) {
	runLine(t, func(l *line) {
		l.listen()
		l.send(100)
		l.open()
		for range 250 {
			l.send(100)
		}
		l.end(l.opens)
		l.out = &tape{}
		l.open()
		lead := len(l.out.all()) / 2
		const seconds = 8
		for range seconds * 125 {
			l.send(0)
		}
		got := float64(len(l.out.all())/2-lead) / 44100
		if got < seconds-1 || got > seconds+1 {
			t.Errorf("want %v s of silence in %v s, got %.1f s", seconds, seconds, got)
		}
	})
}

// What is complete when the sender or the network stands still fades, and the
// next sound of a sender that only paused comes as it was sent.
func TestStandstillDoesNotClick(t *testing.T) {
	runLine(t, func(l *line) {
		l.listen()
		l.send(10000)
		l.open()
		for range 100 {
			l.send(10000)
		}
		l.pass(lateness + 200*time.Millisecond)
		all := l.out.all()
		for i := len(all) / 2; i < len(all); i++ {
			if step := all[i] - all[i-2]; step > 1000 || step < -1000 {
				t.Fatalf("want the sound to fade, got a step of %d", step)
			}
		}
	})
}

// A member that is away, or woke from standby the last time, is not waited for.
func TestHandicap(t *testing.T) {
	runDesk(t, func(d *desk) {
		d.device()
		for udn, took := range map[string]time.Duration{"uuid:2": 2 * time.Second, "uuid:3": 2500 * time.Millisecond, "uuid:4": 15 * time.Second} {
			d.attach(fakeTarget(t, &fakeDevice{state: "STOPPED"}, udn, udn))
			synctest.Wait()
			d.playerOf(udn).update(func(s *playerStatus) { s.startup = took })
		}
		d.detach("uuid:3")
		synctest.Wait()
		d.kitchen().update(func(s *playerStatus) { s.startup = time.Second })
		if want, got := time.Second, d.handicap(d.kitchen()); got != want {
			t.Errorf("want the slowest that is there waited for, %v, got %v", want, got)
		}
	})
}

// Outputs of every codec part when one of them needs a correction.
func TestEveryCodecDivides(t *testing.T) {
	for _, codec := range []audio.Codec{audio.FLAC, audio.WAV, audio.MP3} {
		for i := range 4 {
			runLine(t, func(l *line) {
				l.listen()
				l.send(100)
				l.pass(time.Duration(i*1234567) * time.Nanosecond)
				v := voice{codec: codec, blockFrames: 1152, bitrateKbps: 320, drift: true}
				one, _ := l.join(v)
				two, _ := l.join(v)
				l.send(100, 100, 100)
				l.correct(two, 100)
				l.send(ramp(100, 100)...)
				if one.chain == two.chain {
					t.Errorf("%v: want each to have its own chain", codec)
				}
			})
		}
	}
}
