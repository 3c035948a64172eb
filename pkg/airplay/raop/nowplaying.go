package raop

import (
	"bytes"
	"time"
)

// progressSlack is how far two reports of the position may differ without being
// news: senders round, and OwnTone's start is off by 0.7 s.
const progressSlack = time.Second

// NowPlaying describes the music that plays on a receiver, collected from its events.
// The zero value is ready for use.
type NowPlaying struct {
	Track    Track
	State    PlayState
	Artwork  Artwork
	Serial   uint64 // of the Artwork: changes with each picture, 0 before the first
	Progress Progress
}

// Merge adds an event. It reports whether there is something new to show: senders
// repeat themselves every few seconds.
//
// Teardown clears it: the music belongs to its session. What a sender says before it
// plays comes after its Play.
func (n *NowPlaying) Merge(event Event) (changed bool) {
	switch e := event.(type) {
	case Metadata:
		return n.mergeMetadata(e)
	case Artwork:
		return n.mergeArtwork(e)
	case Progress:
		return n.mergeProgress(e)
	case Teardown:
		old := *n
		*n = NowPlaying{Serial: old.Serial}
		return old.Track != Track{} || old.State != PlayStateUnknown || old.Artwork.Type != "" || old.Progress != Progress{}
	default:
		return false
	}
}

// mergeMetadata merges a track or a play state: a body with only one of them does not
// change the other.
func (n *NowPlaying) mergeMetadata(e Metadata) (changed bool) {
	track, state := e.Track, e.State
	if state == PlayStateUnknown {
		state = n.State
	} else if track == (Track{}) {
		track = n.Track
	}
	changed = track != n.Track || state != n.State
	n.Track, n.State = track, state
	return changed
}

func (n *NowPlaying) mergeArtwork(e Artwork) (changed bool) {
	if e.Type == n.Artwork.Type && bytes.Equal(e.Data, n.Artwork.Data) {
		return false
	}
	n.Artwork = e
	n.Serial++
	return true
}

func (n *NowPlaying) mergeProgress(e Progress) (changed bool) {
	off := e.Elapsed - n.Progress.ElapsedAt(e.At)
	changed = e.Length != n.Progress.Length || off.Abs() > progressSlack
	n.Progress = e
	return changed
}

// ElapsedAt is the position in the track at now, if it has played on since.
func (p Progress) ElapsedAt(now time.Time) time.Duration {
	if p.At.IsZero() {
		return p.Elapsed
	}
	elapsed := p.Elapsed + now.Sub(p.At)
	if p.Length > 0 {
		elapsed = min(elapsed, p.Length)
	}
	return elapsed
}
