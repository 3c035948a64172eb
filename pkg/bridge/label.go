package bridge

import (
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
)

// media describes the stream at url.
func (p *player) media(way quirk.StreamFormat, url string) *renderer.Media {
	m := &renderer.Media{
		URL:    url,
		Codec:  way.Codec,
		Format: p.sound.format,
		ProtocolInfo: renderer.ProtocolInfo{
			Protocol: "http-get", Network: "*", MIME: way.MIME, Features: way.Features,
		},
		Class: way.Class,
		ASCII: p.target.traits.ASCIITitles,
	}
	if way.Scheme != quirk.SchemeHTTP {
		m.Scheme = way.Scheme
	}
	p.label(m)
	return m
}

// label puts into m what the sender tells of its music.
func (p *player) label(m *renderer.Media) {
	track := p.playing.Track
	m.Title, m.Artist, m.Album = track.Title, track.Artist, track.Album
	if m.Title == "" {
		m.Title = p.bridge.Name()
	}
	if !p.target.settings.Artwork || p.playing.Artwork.Type == "" || p.bridge.options.ArtworkPath == nil {
		return
	}
	o := p.bridge.options
	if url, err := p.bridge.url(o.ArtworkPath(o.Receiver.ID, p.playing.Serial), p.target.address); err == nil {
		m.ArtworkURL = url
	}
}

// entitle tells of the track in the stream itself. Another SetAVTransportURI
// would have the renderer begin anew: the rest it learns with its next start.
func (p *player) entitle() {
	if p.stream != nil {
		p.stream.SetTitle(streamTitle(p.playing.Track))
	}
}

// streamTitle is a track as internet radios write it; empty for one without a
// title.
func streamTitle(track raop.Track) string {
	if track.Artist == "" || track.Title == "" {
		return track.Title
	}
	return track.Artist + " - " + track.Title
}
