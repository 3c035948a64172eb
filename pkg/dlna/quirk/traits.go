package quirk

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// Traits are what is known about a kind of renderer. A zero field means unknown.
type Traits struct {
	Codecs  []audio.Codec          // best first; all others come after them
	Refuses []audio.Codec          // never offered, whatever GetProtocolInfo says
	Lengths []settings.Length      // best first; all others come after them
	Classes []string               // DIDL classes, likewise
	Schemes map[audio.Codec]string // URL scheme in place of "http"

	MIME     map[audio.Codec]string // spelling tried before the Sink's own
	Features map[audio.Codec]string // fourth field of protocolInfo in place of the usual

	Preroll time.Duration // silence sent at once at the start, to fill the buffer

	DistrustEvents bool // its GENA events may be wrong or missing: poll it
	NoVolume       bool // it refuses SetVolume: do not try
	ASCIITitles    bool // titles other than ASCII are displayed wrong, or refused
	CoarsePosition bool // updates its position infrequently: the moment at which the second changes says nothing about its clock

	Note string // for users
}

// with is t, overridden by the fields that are set in over.
func (t Traits) with(over Traits) Traits {
	replace(&t.Codecs, over.Codecs)
	replace(&t.Refuses, over.Refuses)
	replace(&t.Lengths, over.Lengths)
	replace(&t.Classes, over.Classes)
	t.Schemes = overlay(t.Schemes, over.Schemes)
	t.MIME = overlay(t.MIME, over.MIME)
	t.Features = overlay(t.Features, over.Features)
	if over.Preroll != 0 {
		t.Preroll = over.Preroll
	}
	t.DistrustEvents = t.DistrustEvents || over.DistrustEvents
	t.NoVolume = t.NoVolume || over.NoVolume
	t.ASCIITitles = t.ASCIITitles || over.ASCIITitles
	t.CoarsePosition = t.CoarsePosition || over.CoarsePosition
	switch {
	case t.Note == "":
		t.Note = over.Note
	case over.Note != "":
		t.Note += "; " + over.Note
	}
	return t
}

func replace[T any](at *[]T, by []T) {
	if len(by) > 0 {
		*at = by
	}
}

// overlay joins two maps into a new one, since rows share their maps.
func overlay(under, over map[audio.Codec]string) map[audio.Codec]string {
	if len(over) == 0 {
		return under
	}
	joined := make(map[audio.Codec]string, len(under)+len(over))
	for c, text := range under {
		joined[c] = text
	}
	for c, text := range over {
		joined[c] = text
	}
	return joined
}
