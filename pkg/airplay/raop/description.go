package raop

// A musicDescription is what a sender says about the music before it plays: it is
// kept until then, so that the music of a session that never plays is not shown in
// the next one. Its zero value is ready for use.
type musicDescription struct {
	playing  NowPlaying
	progress bool // playing.Progress was given
	artwork  bool // playing.Artwork was given
}

// keep keeps an event that describes the music; it reports false for all others.
func (m *musicDescription) keep(event Event) bool {
	switch event.(type) {
	case Metadata:
	case Artwork:
		m.artwork = true
	case Progress:
		m.progress = true
	default:
		return false
	}
	m.playing.Merge(event)
	return true
}

// handOver hands what was kept to handler, and forgets it.
func (m *musicDescription) handOver(handler Handler) {
	kept := *m
	*m = musicDescription{}
	if told := (Metadata{Track: kept.playing.Track, State: kept.playing.State}); told != (Metadata{}) {
		handler.HandleEvent(told)
	}
	if kept.artwork {
		handler.HandleEvent(kept.playing.Artwork)
	}
	if kept.progress {
		handler.HandleEvent(kept.playing.Progress)
	}
}
