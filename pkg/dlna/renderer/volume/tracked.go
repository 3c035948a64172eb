package volume

import "time"

// EchoTime is how long after a command of ours a different value means that the device
// is still changing, not that the user changed it at the speaker.
const EchoTime = time.Second

// A Confirmation is whether our last command is not confirmed yet, and when it was sent.
type Confirmation struct {
	Pending bool
	Sent    time.Time
}

// A tracked value distinguishes a change at the device from the echo of our own
// command. The zero one is for a value that is not known yet.
type tracked struct {
	known     bool
	raw       int
	confirmed bool      // the device reported it since our last command
	setAt     time.Time // of our last command
}

// set records a command of ours.
func (t *tracked) set(raw int, now time.Time) {
	*t = tracked{known: true, raw: raw, setAt: now}
}

// pending reports whether our last command was not yet confirmed.
func (t *tracked) pending() bool { return t.known && !t.confirmed }

func (t *tracked) confirmation() Confirmation {
	return Confirmation{Pending: t.pending(), Sent: t.setAt}
}

// reported handles a value that the device reports and returns whether it is new.
// rounding is how far it may differ from the value that was set.
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
