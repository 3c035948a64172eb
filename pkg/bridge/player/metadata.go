package player

// Metadata is what the sender says of its music, as far as renderers are told.
type Metadata struct {
	Title, Artist, Album string
	HasArtwork           bool   // there is a cover
	ArtworkSerial        uint64 // another for each cover
}

// streamTitle is the track as internet radios write it (ICY); empty for one without
// a title.
func (m Metadata) streamTitle() string {
	if m.Artist == "" || m.Title == "" {
		return m.Title
	}
	return m.Artist + " - " + m.Title
}
