package settings

//go:generate go tool stringer -linecomment -type Offer,Length,Pause,Takeover,VolumeCurve,SSDPListen -output enum_string.go

// Offer is whether a speaker is offered to AirPlay senders.
type Offer uint8

// OfferAuto: unless there is a reason not to. OfferNever, OfferAlways: by a rule.
const (
	OfferAuto   Offer = iota // auto
	OfferNever               // skip
	OfferAlways              // include
)

// Length is how an HTTP answer with live sound, which has no end, states its
// length. Not every player accepts an answer that states none.
type Length uint8

// LengthNone: no Content-Length, the connection ends it (as in HTTP/1.0).
// LengthChunked: chunked transfer; as LengthNone to a player of HTTP/1.0.
// LengthFake: a very large Content-Length. LengthAuto: what the player is known
// or found to accept.
const (
	LengthNone    Length = iota // none
	LengthChunked               // chunked
	LengthFake                  // fake
	LengthAuto                  // auto
)

// Pause is what a speaker does while the sender pauses.
type Pause uint8

// PauseStop: it is stopped, and started again. PauseSilence: it plays silence,
// and resumes at once.
const (
	PauseStop    Pause = iota // stop
	PauseSilence              // silence
)

// Takeover is which sender may end a session that is still alive in order to begin its
// own.
type Takeover uint8

// TakeoverSame: the sender whose session it is; phones reconnect without ending
// the old one. TakeoverNever: none. TakeoverAlways: any.
const (
	TakeoverSame   Takeover = iota // same
	TakeoverNever                  // never
	TakeoverAlways                 // always
)

// VolumeCurve is how the sender's volume is turned into the speaker's.
type VolumeCurve uint8

// CurveLinear: both sliders are at the same position. CurveDB: the speaker's volume is
// proportional to the amplitude of the sender's volume.
const (
	CurveLinear VolumeCurve = iota // linear
	CurveDB                        // db
)

// SSDPListen is how announcements of speakers are received on 1900/UDP.
type SSDPListen uint8

// SSDPListenOff: not at all. SSDPListenAuto: on the shared port, else by a raw
// socket. SSDPListenRaw: by a raw socket, which does not bind the port.
const (
	SSDPListenOff  SSDPListen = iota // off
	SSDPListenAuto                   // auto
	SSDPListenRaw                    // raw
)
