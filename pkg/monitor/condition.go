package monitor

import (
	"encoding/json"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/ports"
)

// A Condition is something that is wrong now.
type Condition struct {
	Code    Code      `json:"code"`
	Subject string    `json:"subject,omitempty"` // which port, interface, speaker or check
	Since   time.Time `json:"since,omitzero"`
	Seen    string    `json:"seen"`
	Do      string    `json:"do,omitempty"`     // what the user can do about it
	Holder  string    `json:"holder,omitempty"` // the program that has the port, if that is known

	protocol ports.Protocol
	port     uint16 // whose holder should be found; 0: none
}

// MarshalJSON adds what follows from the code: severity and title.
func (c Condition) MarshalJSON() ([]byte, error) {
	type fields Condition
	return json.Marshal(struct {
		Code     Code     `json:"code"`
		Severity Severity `json:"severity"`
		Title    string   `json:"title"`
		fields
	}{c.Code, c.Code.Severity(), c.Code.Title(), fields(c)})
}

// sameAs reports whether both are about the same thing.
func (c Condition) sameAs(other Condition) bool {
	return c.Code == other.Code && c.Subject == other.Subject
}

// Age is how long it has lasted.
func (c Condition) Age(now time.Time) time.Duration { return now.Sub(c.Since) }
