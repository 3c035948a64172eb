package daemon

import (
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
)

func inState(s player.State) bridge.Speaker {
	return bridge.Speaker{Renderers: []player.Snapshot{{State: s}}}
}

func TestProcessorsFor(t *testing.T) {
	cases := []struct{ playing, most, want int }{
		{0, 4, 1}, {1, 4, 1}, {2, 4, 1}, {3, 4, 2}, {4, 4, 2}, {7, 4, 4}, {50, 4, 4}, {50, 1, 1},
	}
	for _, c := range cases {
		s := fleet.Snapshot{Speakers: []bridge.Speaker{inState(player.StateIdle), inState(player.StateConnected)}}
		for range c.playing {
			s.Speakers = append(s.Speakers, inState(player.StatePlaying))
		}
		if got := processorsFor(s, c.most); got != c.want {
			t.Errorf("%d playing, at most %d: want %d processors, got %d", c.playing, c.most, c.want, got)
		}
	}
}
