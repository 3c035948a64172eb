package quirk

import "fmt"

// Evidence is how a renderer failed to play what it was given, in the order of
// how far it came.
type Evidence uint8

const (
	EvidenceNone Evidence = iota
	RefusedOther          // a UPnP error that says nothing about the media (402, 501, ...)
	RefusedMIME           // 714 at SetAVTransportURI: the type, or the class, is not to its liking
	NotFound              // 716: it looked at the URL and did not like the answer
	BadFormat             // 704: it looked at the sound and cannot play it
	NeverFetched          // it accepted Play and never asked for the stream
	ClosedEarly           // it asked for the stream and soon hung up
	NotPlaying            // it takes the stream and does not say PLAYING
	NoProgress            // it says PLAYING and RelTime stands still
)

var evidenceNames = [...]string{
	"none", "refused", "MIME type refused", "not found", "format refused",
	"stream never fetched", "stream dropped early", "not playing", "no progress",
}

// String gives words for a log line.
func (e Evidence) String() string {
	if int(e) < len(evidenceNames) {
		return evidenceNames[e]
	}
	return fmt.Sprintf("Evidence(%d)", uint8(e))
}

// An axis is one thing that another try can change.
type axis uint8

const (
	axisOffer  axis = iota // spelling of the MIME type, DLNA flags
	axisLength             // how no length is told
	axisClass              // DIDL class
	axisCodec
)

// axesAfter is what to change after a failure, the most promising first. After
// a refusal that came before the stream was fetched its length is no suspect.
func axesAfter(e Evidence, listed bool) []axis {
	switch e {
	case RefusedMIME:
		if listed { // its own spelling: then it is the class that it minds
			return []axis{axisClass, axisCodec, axisOffer, axisLength}
		}
		return []axis{axisOffer, axisClass, axisCodec, axisLength}
	case NotFound:
		return []axis{axisLength, axisCodec, axisOffer, axisClass}
	case BadFormat:
		return []axis{axisCodec, axisLength, axisOffer, axisClass}
	case NeverFetched, RefusedOther:
		return []axis{axisClass, axisCodec, axisOffer, axisLength}
	default: // the stream was fetched
		return []axis{axisLength, axisCodec, axisClass, axisOffer}
	}
}
