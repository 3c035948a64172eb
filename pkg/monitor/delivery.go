package monitor

import (
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
)

// notFetchedAfter is how long a speaker that plays may read nothing from its stream.
// Some need ten seconds before they fetch it, and those with a large buffer pause as
// long between two reads.
const notFetchedAfter = 20 * time.Second

// A delivery is whether one renderer plays and fetches its stream.
type delivery struct {
	read    int64     // bytes that it fetched
	grewAt  time.Time // when read last grew, or the stream was opened; zero: it does not play
	refuses string    // reason why the last attempt to play failed; empty: it did not
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

// update records the current state of the renderer.
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

// conditions are the reasons why a renderer is silent while its sender plays, except
// that it does not answer: that is a condition of the speaker.
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
