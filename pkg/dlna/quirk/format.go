package quirk

import (
	"fmt"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/media"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// DIDL classes of a live stream.
const (
	ClassBroadcast = media.ClassBroadcast
	ClassTrack     = media.ClassTrack
)

// Schemes of the stream's URL.
const (
	SchemeHTTP  = "http"
	SchemeRadio = media.SchemeRadio // Sonos: treat it as a radio station
)

// A StreamFormat is everything that can vary in how a stream is offered to a renderer.
// Formats can be compared with ==.
type StreamFormat struct {
	Codec    audio.Codec
	Length   settings.Length
	Class    string // DIDL class
	Scheme   string // of the URL
	MIME     string // third field of protocolInfo, and Content-Type
	Features string // fourth field of protocolInfo, "*" for none
	Preroll  time.Duration
}

// String is like "flac audio/flac, length none, audioBroadcast".
func (w StreamFormat) String() string {
	class := w.Class[strings.LastIndexByte(w.Class, '.')+1:]
	s := fmt.Sprintf("%v %s, length %v, %s", w.Codec, w.MIME, w.Length, class)
	if w.Scheme != SchemeHTTP {
		s += ", " + w.Scheme
	}
	return s
}

// Forced are the user's settings; an empty one leaves the choice to us. They override
// everything that is known about the renderer.
type Forced struct {
	Codecs  []audio.Codec     // only these, in this order
	Lengths []settings.Length // only these, in this order
	Preroll time.Duration     // 0: that of the traits
}
