package monitor

import (
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
)

// notFetchedAfter is how long a speaker that plays may leave its stream alone.
// Some take ten seconds before they fetch it, and those with a large buffer as
// long between two reads.
const notFetchedAfter = 20 * time.Second

// A delivery is what was seen of one renderer: whether it plays and fetches its
// stream.
type delivery struct {
	read    int64     // bytes that it fetched
	grewAt  time.Time // when read last grew, or the stream was opened; zero: it does not play
	refuses string    // why it did not play at the last attempt; empty: it did
}

// renderersOf are those that a speaker plays on, named as people know them.
func renderersOf(s bridge.Speaker) []player.Snapshot {
	list := slices.Clone(s.Renderers)
	for i := range list {
		if s.Group {
			list[i].Name = s.Name + " > " + list[i].Name
		} else {
			list[i].Name = s.Name
		}
	}
	return list
}

// update notes the state of the renderer now.
func (d delivery) update(m player.Snapshot, now time.Time) delivery {
	switch {
	case m.State == player.StateRetrying:
		d.refuses = m.Reason
	case m.State != player.StatePlaying || m.Verified:
		d.refuses = ""
	}
	switch {
	case m.State != player.StatePlaying:
		d.read, d.grewAt = 0, time.Time{}
	case m.Stream.BytesRead != d.read || d.grewAt.Before(m.Stream.Opened) || m.Paused:
		d.read, d.grewAt = m.Stream.BytesRead, now
	}
	return d
}

// conditions say why a renderer is silent while its sender plays. That it does
// not answer is a condition of the speaker.
func (d delivery) conditions(m player.Snapshot, now time.Time) []Condition {
	var seen []Condition
	if !d.grewAt.IsZero() && now.Sub(d.grewAt) >= notFetchedAfter {
		seen = append(seen, streamNotFetched(m.Name))
	}
	if d.refuses != "" && !m.Away() {
		seen = append(seen, speakerRefuses(m.Name, d.refuses))
	}
	if m.Paused {
		seen = append(seen, pausedAtSpeaker(m.Name))
	}
	if m.State == player.StateReleased {
		seen = append(seen, speakerReleased(m.Name, m.Reason))
	}
	return seen
}
