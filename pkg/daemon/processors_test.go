package daemon

import (
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
)

func TestProcessorsFor(t *testing.T) {
	cases := []struct{ playing, most, want int }{
		{0, 4, 1}, {1, 4, 1}, {2, 4, 1}, {3, 4, 2}, {4, 4, 2}, {7, 4, 4}, {50, 4, 4}, {50, 1, 1},
	}
	for _, c := range cases {
		s := bridge.Snapshot{Speakers: []bridge.Speaker{{State: bridge.StateIdle}, {State: bridge.StateConnected}}}
		for range c.playing {
			s.Speakers = append(s.Speakers, bridge.Speaker{State: bridge.StatePlaying})
		}
		if got := processorsFor(s, c.most); got != c.want {
			t.Errorf("%d playing, at most %d: want %d processors, got %d", c.playing, c.most, c.want, got)
		}
	}
}
