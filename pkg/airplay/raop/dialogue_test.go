package raop

import (
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
)

func TestAlive(t *testing.T) {
	for _, test := range []struct {
		name    string
		session bool
		asked   time.Duration // the latest request, before now
		heard   time.Duration // the latest packet, before now; 0: none
		want    bool
	}{
		{"no session, asked lately", false, connectionIdle - 1, 0, true},
		{"no session, long silent", false, connectionIdle, 0, false},
		{"session, asked lately", true, defaultSessionIdle - 1, 0, true},
		{"session, long silent", true, defaultSessionIdle, 0, false},
		{"audio alone", true, time.Hour, defaultSessionIdle - 1, true},
		{"audio long ago", true, time.Hour, defaultSessionIdle, false},
		{"requests alone", true, time.Second, time.Hour, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			now := begin.Add(24 * time.Hour)
			d := newDialogue(silentReceiver(""), fuzzPeer, silentOwner{})
			d.lastRequest = now.Add(-test.asked)
			if test.session {
				d.session = newSession(silentOwner{}, StreamParams{}, d.client, zerolog.Nop())
				d.session.state = stateStreaming
			}
			if test.heard > 0 {
				packet := rtp.Audio{Payload: make([]byte, minPayloadBytes)}.Append(nil)
				d.session.udp.receive(packet, now.Add(-test.heard))
			}
			if got := d.alive(now); got != test.want {
				t.Errorf("want %v, got %v", test.want, got)
			}
		})
	}
}
