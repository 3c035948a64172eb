package monitor

import (
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
)

// starvedAfter is how long a speaker that plays may leave its stream alone. Some
// take ten seconds before they fetch it, and those with a large buffer as long
// between two readings.
const starvedAfter = 20 * time.Second

// States of a speaker, as the Snapshot names them.
const (
	playing = "playing"
	waiting = "waiting"
	yielded = "yielded"
)

// An outlet is what was seen of one renderer: whether it takes the sound.
type outlet struct {
	read    int64     // bytes that it fetched
	moved   time.Time // when that last grew, or the stream was opened; zero: it does not play
	refuses string    // why it did not play at its last try; empty: it did
}

// renderers are those that a speaker plays on, called as it is offered.
func renderers(s bridge.Speaker) []bridge.Member {
	list := s.Renderers()
	if s.Members == nil {
		return list
	}
	list = slices.Clone(list)
	for i := range list {
		list[i].Name = s.Name + " > " + list[i].Name
	}
	return list
}

// follow takes up how a renderer stands now.
func (o outlet) follow(m bridge.Member, now time.Time) outlet {
	switch {
	case m.State == waiting:
		o.refuses = m.Because
	case m.State != playing || m.Proven:
		o.refuses = ""
	}
	switch {
	case m.State != playing:
		o.read, o.moved = 0, time.Time{}
	case m.Stream.BytesRead != o.read || o.moved.Before(m.Stream.Opened) || m.Paused:
		o.read, o.moved = m.Stream.BytesRead, now
	}
	return o
}

// conditions tells why a renderer is silent while its sender plays. One that is
// away is told of by itself.
func (o outlet) conditions(m bridge.Member, now time.Time) []Condition {
	var seen []Condition
	if !o.moved.IsZero() && now.Sub(o.moved) >= starvedAfter {
		seen = append(seen, Condition{
			Kind: KindStreamStarved, Subject: m.Name,
			Seen: "the speaker plays, but does not fetch its stream",
			Do:   "Let the speaker reach the HTTP port through the firewall (`breezeway ports` has the lines)",
		})
	}
	if o.refuses != "" && m.Address != "" {
		seen = append(seen, Condition{
			Kind: KindSpeakerRefuses, Subject: m.Name,
			Seen: "the speaker does not play: " + o.refuses,
			Do:   "Nothing at first: it is tried again. `breezeway doctor` tells whether it answers and reaches the HTTP port; a rule can give it another codec or length",
		})
	}
	if m.Paused {
		seen = append(seen, Condition{
			Kind: KindSpeakerTaken, Subject: m.Name,
			Seen: "somebody paused the speaker at itself, or by another app",
			Do:   "Press play there, or pause and play at the sender",
		})
	}
	if m.State == yielded {
		seen = append(seen, Condition{
			Kind: KindSpeakerTaken, Subject: m.Name,
			Seen: m.Because,
			Do:   "Pause and play at the sender to have the speaker back",
		})
	}
	return seen
}
