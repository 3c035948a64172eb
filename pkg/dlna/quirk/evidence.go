package quirk

//go:generate go tool stringer -type=Evidence -linecomment

// Evidence is how a renderer failed to play the stream, ordered by how far it got.
type Evidence uint8

const (
	EvidenceNone Evidence = iota // none
	// RefusedOther is a UPnP error that does not concern the media (402, 501, ...).
	RefusedOther // refused
	// RefusedMIME is UPnP error 714 at SetAVTransportURI: it does not accept the MIME
	// type, or the DIDL class.
	RefusedMIME // MIME type refused
	// NotFound is UPnP error 716: it requested the URL and did not accept the answer.
	NotFound // not found
	// BadFormat is UPnP error 704: it read some of the stream and cannot play it.
	BadFormat // format refused
	// NeverFetched: it accepted Play and never requested the stream.
	NeverFetched // stream never fetched
	// ClosedEarly: it requested the stream and soon closed the connection.
	ClosedEarly // stream dropped early
	// NotPlaying: it reads the stream and does not report PLAYING.
	NotPlaying // not playing
	// NoProgress: it reports PLAYING, but its RelTime does not move.
	NoProgress // no progress
)

// An axis is one property of the format that the next attempt can change.
type axis uint8

const (
	axisOffer  axis = iota // spelling of the MIME type, DLNA flags
	axisLength             // how the answer states its length
	axisClass              // DIDL class
	axisCodec
)

// axesAfter is what to change after a failure, the most promising first. The length
// of the stream cannot be the reason of a refusal before the stream was fetched.
// asListed: the offer was spelled as in the Sink.
func axesAfter(e Evidence, asListed bool) []axis {
	switch e {
	case RefusedMIME:
		if asListed { // the MIME type is the renderer's own: the class must be wrong
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
