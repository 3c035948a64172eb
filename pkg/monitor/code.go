package monitor

//go:generate go tool stringer -linecomment -type Code,Severity -output code_string.go

import (
	"encoding"
	"fmt"
)

// A Code names a kind of condition, in the same way in the API, the log, the
// metrics and the documents. What people read about it is in text.go.
type Code uint8

const (
	CodeNone               Code = iota // none
	CodeNoHTTP                         // no-http
	CodeNoInterface                    // no-interface
	CodeNotAnnounced                   // not-announced
	CodePortHeld                       // port-held
	CodeMDNSUnheard                    // mdns-unheard
	CodeInterfaceLost                  // interface-lost
	CodeSpeakerLost                    // speaker-lost
	CodeStreamNotFetched               // stream-not-fetched
	CodeSoundLost                      // sound-lost
	CodeNamedSpeakerSilent             // named-speaker-silent
	CodeSenderSilent                   // sender-silent
	CodeSpeakerRefuses                 // speaker-refuses
	CodeSpeakerTaken                   // speaker-taken
	CodeStateNotKept                   // state-not-kept
	CodeDoctorFinding                  // doctor-finding
)

// A Severity is how much a condition matters.
type Severity uint8

// SeverityNotice: everything can be played, or the user stopped it on purpose.
// SeverityWarning: something cannot be played, or is played with gaps.
// SeverityBlocking: nothing can be played.
const (
	SeverityNotice   Severity = iota // notice
	SeverityWarning                  // warning
	SeverityBlocking                 // blocking
)

// Codes are all but none.
func Codes() []Code {
	var all []Code
	for c := CodeNone + 1; c <= CodeDoctorFinding; c++ {
		all = append(all, c)
	}
	return all
}

var (
	_ encoding.TextMarshaler   = Code(0)
	_ encoding.TextUnmarshaler = (*Code)(nil)
	_ encoding.TextMarshaler   = Severity(0)
)

// MarshalText is the code: "port-held".
func (c Code) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads it.
func (c *Code) UnmarshalText(text []byte) error {
	for _, known := range Codes() {
		if known.String() == string(text) {
			*c = known
			return nil
		}
	}
	return fmt.Errorf("monitor: %q is no code of a condition", text)
}

// MarshalText is "notice", "warning" or "blocking".
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
