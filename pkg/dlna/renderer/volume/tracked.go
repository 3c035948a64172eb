package volume

import "time"

// EchoTime is how long after a command of ours a different value is the device on
// its way there, not somebody at the speaker.
const EchoTime = time.Second

// A Confirmation says whether our own last command awaits its confirmation, and
// when it was sent.
type Confirmation struct {
	Pending bool
	Sent    time.Time
}

// A tracked value distinguishes a change at the device from the echo of our own
// command.
// The zero one is of a value that is not known yet.
type tracked struct {
	known     bool
	raw       int
	confirmed bool      // the device reported it since our last command
	setAt     time.Time // of our last command
}

// set notes a command of ours.
func (t *tracked) set(raw int, now time.Time) {
	*t = tracked{known: true, raw: raw, setAt: now}
}

// pending reports whether our last command was not yet confirmed.
func (t *tracked) pending() bool { return t.known && !t.confirmed }

func (t *tracked) confirmation() Confirmation {
	return Confirmation{Pending: t.pending(), Sent: t.setAt}
}

// reported takes what the device reports and returns whether that is new.
// rounding is by how much it may differ from what it was set to.
func (t *tracked) reported(raw, rounding int, now time.Time) (isNew bool) {
	if t.pending() {
		if now.Sub(t.setAt) < EchoTime {
			return false
		}
		t.confirmed = true
		if raw >= t.raw-rounding && raw <= t.raw+rounding {
			t.raw = raw
			return false
		}
	}
	isNew = !t.known || raw != t.raw
	*t = tracked{known: true, raw: raw, confirmed: true}
	return isNew
}
