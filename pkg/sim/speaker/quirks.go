package speaker

import (
	"fmt"
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

// Quirks are the ways in which real renderers deviate from the specification. The
// zero value has none. Profiles are named sets of them.
type Quirks struct {
	// What it says that it is, and how it writes that.
	Manufacturer   string // "": Breezeway
	ModelName      string // "": Breezeway software speaker
	DeviceVersion  int    // of MediaRenderer; 0: 1. Only searches for this one are answered
	ServiceVersion int    // of AVTransport, RenderingControl, ConnectionManager; 0: 1
	OpenHome       bool   // has Product, Playlist, Time and Volume of OpenHome in place of those three
	Latin1         bool   // all XML is written in ISO-8859-1
	BareAmpersands bool   // XML has "&" where "&amp;" belongs

	// What it answers to SOAP calls.
	Answers     map[string]Answer // by action, "*" for all others
	AnswerDelay time.Duration     // before each answer that AnswerLate is meant for
	NoSink      bool              // GetProtocolInfo tells an empty Sink
	NoSinkCall  bool              // GetProtocolInfo is answered with 401

	// What it takes at SetAVTransportURI.
	LockedUntilStop  bool          // 705 to each URI that no Stop came before
	NotFoundFirst    bool          // 716 to the very first URI
	SlowStop         time.Duration // a Stop takes so long, no event tells its end; a URI meanwhile is taken and lost
	HEADAtURI        bool          // 716 unless HEAD works, 714 unless its Content-Type is in the Sink
	RefusesBroadcast bool          // 714 to DIDL class audioBroadcast
	IgnoresBroadcast bool          // takes audioBroadcast, never fetches it

	// What it tells of the transport.
	EarlyStopped bool // STOPPED in place of TRANSITIONING, with an event
	NoRelTime    bool // RelTime is NOT_IMPLEMENTED
	Events       EventMode

	// How it fetches.
	Refuses          []audio.Codec          // hangs up when it sees one of these
	Lengths          map[audio.Codec]Length // hangs up unless the length is told like this
	HEADFirst        bool                   // HEAD before GET; no GET when it fails
	TwoGETs          bool                   // opens the stream, then again, and plays the second
	ProbesRanges     bool                   // asks for bytes=0-1 and for the tail first
	Wants206         bool                   // asks for bytes=0- and wants 206
	AsksICY          bool                   // asks for titles inside the stream
	ReconnectAfter   time.Duration          // of sound: hangs up and fetches anew, again and again
	StopReadingAfter time.Duration          // of sound: then reads no more, and does not say so
	// ReceiveBufferBytes is what the system holds of a stream that the speaker has
	// not read (SO_RCVBUF); 0: as much as the system likes. Real ones have 16 to
	// 64 KiB, and fetch as they play once that is full. On Linux only.
	ReceiveBufferBytes int

	// How it plays.
	BufferBytes int           // fetched before the first sound, beside Options.StartBuffer
	SkewPPM     float64       // its clock against ours: +100 plays, and reads, 100 ppm faster
	RebootAfter time.Duration // of sound: once, it is dead and back under another port

	// What volume it has.
	VolumeMax   int  // top of the range; 0: MaxVolume
	NoMute      bool // neither GetMute nor SetMute
	FixedVolume bool // SetVolume is answered with 501
}

// An Answer is how a SOAP call is answered.
type Answer uint8

const (
	AnswerWell    Answer = iota
	AnswerLate           // after Quirks.AnswerDelay
	AnswerNever          // the connection stays open, nothing comes
	AnswerEndless        // megabytes of one argument
	AnswerBroken         // XML that ends in its middle
)

var answerNames = [...]string{"well", "late", "never", "endless", "broken"}

// String gives the name of a.
func (a Answer) String() string {
	if int(a) < len(answerNames) {
		return answerNames[a]
	}
	return fmt.Sprintf("Answer(%d)", uint8(a))
}

// answerTo is how action is answered.
func (q Quirks) answerTo(action string) Answer {
	if a, ok := q.Answers[action]; ok {
		return a
	}
	return q.Answers["*"]
}

// An EventMode is what comes of a subscription.
type EventMode uint8

const (
	EventsTrue      EventMode = iota
	EventsRefused             // SUBSCRIBE is answered with 503
	EventsNone                // SUBSCRIBE works, nothing is ever sent
	EventsFrozen              // TransportState is STOPPED in each
	EventsMisplaced           // each variable has the value of another one
)

var eventModeNames = [...]string{"true", "refused", "none", "frozen", "misplaced"}

// String gives the name of m.
func (m EventMode) String() string {
	if int(m) < len(eventModeNames) {
		return eventModeNames[m]
	}
	return fmt.Sprintf("EventMode(%d)", uint8(m))
}

// distort changes the variables of an event in the way of m.
func (m EventMode) distort(vars []device.Variable) []device.Variable {
	told := slices.Clone(vars)
	switch m {
	case EventsFrozen:
		for i := range told {
			if told[i].Name == "TransportState" {
				told[i].Value = Stopped.String()
			}
		}
	case EventsMisplaced:
		for i := range told {
			told[i].Value = vars[(i+1)%len(vars)].Value
		}
	}
	return told
}

// A Length is how the length of a stream must be told to be believed.
type Length uint8

const (
	LengthAny     Length = iota
	LengthFramed         // chunked or by Content-Length: not ended by the connection alone
	LengthContent        // Content-Length
)

var lengthNames = [...]string{"any", "framed", "content"}

// String gives the name of l.
func (l Length) String() string {
	if int(l) < len(lengthNames) {
		return lengthNames[l]
	}
	return fmt.Sprintf("Length(%d)", uint8(l))
}

// deviceType is the type of the device with its version.
func (q Quirks) deviceType() string { return fmt.Sprint(deviceTypePrefix, max(1, q.DeviceVersion)) }

// volumeMax is the top of the Volume range.
func (q Quirks) volumeMax() int {
	if q.VolumeMax > 0 {
		return q.VolumeMax
	}
	return MaxVolume
}
