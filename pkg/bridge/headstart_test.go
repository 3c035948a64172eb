package bridge

import (
	"testing"
	"time"
)

func TestHeadStart(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name    string
		own     time.Duration
		present []time.Duration
		want    time.Duration
	}{
		{"the slowest is waited for", s, []time.Duration{s, 2 * s}, s},
		{"one that woke from standby is not", s, []time.Duration{s, 2 * s, 15 * s}, s},
		{"the slowest waits for nobody", 2 * s, []time.Duration{s, 2 * s}, 0},
		{"not known yet", 0, []time.Duration{0, 2 * s}, 0},
		{"alone", s, []time.Duration{s}, 0},
	} {
		if got := headStart(c.own, c.present); got != c.want {
			t.Errorf("%s: want %v, got %v", c.name, c.want, got)
		}
	}
}

// Only members that are on the network are waited for, whose startup is known from
// what they reported.
func TestHeadStartOfAMember(t *testing.T) {
	runGroup(t, func(h *harness) {
		h.begin()
		_, target := h.device()
		h.soundComes()
		h.playedAfter(target, time.Second)
		slow := newTarget(t, &fakeDevice{state: "STOPPED"}, "uuid:2", "Bath")
		h.Attach(slow)
		h.soundComes()
		h.playedAfter(slow, 2500*time.Millisecond)
		if want, got := 1500*time.Millisecond, h.headStart(h.kitchen()); got != want {
			t.Errorf("want the slower one waited for, %v, got %v", want, got)
		}
		h.Detach("uuid:2")
		h.settle()
		if got := h.headStart(h.kitchen()); got != 0 {
			t.Errorf("want one that is away not waited for, got %v", got)
		}
	})
}
