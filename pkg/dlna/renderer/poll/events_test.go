package poll

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
)

// Polled states beside the state of the last event, PLAYING: a difference that
// lasts is a missed event, and the third one ends the trust in events.
func TestMissedEvents(t *testing.T) {
	start := time.Unix(1000, 0)
	type poll struct {
		after  time.Duration
		state  transport.State
		missed bool
		doubt  bool // afterwards
	}
	cases := []struct {
		name  string
		polls []poll
	}{
		{"the same", []poll{{0, transport.Playing, false, false}, {time.Hour, transport.Playing, false, false}}},
		{"a late event", []poll{{0, transport.Paused, false, true}, {eventDelay - 1, transport.Paused, false, true}, {eventDelay, transport.Playing, false, false}}},
		{"no event", []poll{{0, transport.Paused, false, true}, {eventDelay, transport.Paused, true, false}}},
		{"a vendor's own state", []poll{{0, transport.StateUnknown, false, false}, {time.Hour, transport.StateUnknown, false, false}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var e Events
			e.ReportedState(transport.Playing)
			for i, p := range c.polls {
				if missed := e.Polled(p.state, start.Add(p.after)); missed != p.missed || e.Doubt() != p.doubt {
					t.Errorf("poll %d: want missed %v, doubt %v, got %v, %v", i, p.missed, p.doubt, missed, e.Doubt())
				}
			}
		})
	}
}

func TestUnreliableForGood(t *testing.T) {
	var e Events
	now := time.Unix(1000, 0)
	for i := range maxMissed {
		if !e.Reliable() {
			t.Fatalf("want events reliable after %d misses", i)
		}
		e.ReportedState(transport.Playing)
		e.Polled(transport.Paused, now)
		now = now.Add(eventDelay)
		if !e.Polled(transport.Paused, now) {
			t.Fatalf("want miss %d noted", i+1)
		}
	}
	e.ReportedState(transport.Paused)
	if e.Reliable() || e.Evented()[AskState] {
		t.Error("want the device polled for good")
	}
}

func TestSubscriptionEnded(t *testing.T) {
	var e Events
	e.Reported(AskState)
	e.Reported(AskVolume)
	e.Reported(AskMute)
	e.Ended([]Question{AskVolume, AskMute})
	if got, want := e.Evented(), [Questions]bool{AskState: true}; got != want {
		t.Errorf("want %v, got %v", want, got)
	}
}
