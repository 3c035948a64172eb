package monitor

import (
	"encoding"
	"fmt"
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/ports"
)

// A Kind is what may be wrong.
type Kind uint8

const (
	KindNone           Kind = iota
	KindNoHTTP              // nothing serves streams and pages
	KindNoInterface         // there is no network to work on
	KindNotAnnounced        // senders cannot find any speaker
	KindPortHeld            // another program has a port that we want
	KindUnheard             // we answer on 5353/UDP, and nobody hears it
	KindInterfaceLost       // one that was there is gone
	KindSpeakerLost         // a speaker does not answer
	KindStreamStarved       // a speaker plays and does not fetch its stream
	KindSoundLost           // much of what a sender sends does not arrive
	KindNamedSilent         // a speaker that the user named never answered
	KindSenderSilent        // a sender plays and sends nothing
	KindSpeakerRefuses      // a speaker does not play what it is given
	KindSpeakerTaken        // somebody stopped a speaker, or plays something else on it
	KindFinding             // the doctor found something that nothing else shows
)

var kindNames = [...]string{
	"none", "no HTTP", "no interface", "not announced", "port held", "unheard",
	"interface lost", "speaker lost", "stream starved", "sound lost",
	"named speaker silent", "sender silent", "speaker refuses", "speaker taken",
	"doctor's finding",
}

func (k Kind) String() string { return kindNames[k] }

// Kinds are all but none.
func Kinds() []Kind {
	var all []Kind
	for k := KindNoHTTP; k <= KindFinding; k++ {
		all = append(all, k)
	}
	return all
}

var (
	_ encoding.TextMarshaler   = Kind(0)
	_ encoding.TextUnmarshaler = (*Kind)(nil)
)

// MarshalText gives the name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the name.
func (k *Kind) UnmarshalText(text []byte) error {
	i := slices.Index(kindNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("monitor: %q is no kind of condition", text)
	}
	*k = Kind(i)
	return nil
}

// Blocks reports whether nothing can be played while it lasts.
func (k Kind) Blocks() bool {
	return k == KindNoHTTP || k == KindNoInterface || k == KindNotAnnounced
}

// patience is how long something must be seen before it is a condition: what
// passes by itself is not worth a line.
func (k Kind) patience() time.Duration {
	switch k {
	case KindNotAnnounced, KindSpeakerLost, KindSpeakerRefuses:
		return 5 * time.Second // the time of a start, or of another try
	case KindNamedSilent:
		return 30 * time.Second // of some searches and a description
	}
	return 0
}

// A Condition is something that is wrong now.
type Condition struct {
	Kind    Kind      `json:"kind"`
	Subject string    `json:"subject,omitempty"` // which port, interface, speaker or check
	Since   time.Time `json:"since,omitzero"`
	Seen    string    `json:"seen"`
	Do      string    `json:"do,omitempty"`
	Holder  string    `json:"holder,omitempty"` // of the port, as far as can be told

	protocol ports.Protocol
	port     uint16 // whose holder is to be named; 0: none
}

// is reports whether both are about the same thing.
func (c Condition) is(other Condition) bool {
	return c.Kind == other.Kind && c.Subject == other.Subject
}

// Age is how long it has lasted.
func (c Condition) Age(now time.Time) time.Duration { return now.Sub(c.Since) }
