package speaker

import (
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

// transport is the one AVTransport instance: where it stands, what it was given
// to play, and the job that plays it.
type transport struct {
	player   *player
	onMove   func(from, to TransportState, e event, cause error)
	onChange func() // a state variable may have changed

	mu       sync.Mutex // guards what follows
	state    TransportState
	uri      string
	metadata string
	failed   bool // the latest stream broke
	job      *job // of the active state, else nil
}

// transportView is a transport's variables at one moment.
type transportView struct {
	state    TransportState
	uri      string
	metadata string
	failed   bool
	position time.Duration // of the current stream
}

func (t *transport) view() transportView {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := transportView{state: t.state, uri: t.uri, metadata: t.metadata, failed: t.failed}
	if t.job != nil {
		v.position = time.Duration(t.job.position.Load())
	}
	return v
}

// setURI loads what the next Play plays.
func (t *transport) setURI(uri, metadata string) *device.Fault {
	return t.change(evSetURI, nil, nil, func() { t.uri, t.metadata, t.failed = uri, metadata, false })
}

// command is Play, Stop or Pause.
func (t *transport) command(e event) *device.Fault {
	return t.change(e, nil, nil, func() {})
}

// report is what the player says about j.
func (t *transport) report(j *job, e event, cause error) {
	// No event of the player is ever refused.
	_ = t.change(e, j, cause, func() { t.failed = cause != nil })
}

// change moves the transport by e and, unless the move is refused, applies
// update to its variables. An event of a job that is no longer the one that
// plays is dropped.
func (t *transport) change(e event, of *job, cause error, update func()) *device.Fault {
	t.mu.Lock()
	from := t.state
	to, act := move(from, e)
	if act == doRefuse || of != nil && of != t.job {
		t.mu.Unlock()
		return refusalOf(act)
	}
	t.state = to
	update()
	t.act(act)
	t.mu.Unlock()

	if from != to {
		t.onMove(from, to, e, cause)
	}
	t.onChange()
	return nil
}

func refusalOf(a action) *device.Fault {
	if a == doRefuse {
		return errTransition
	}
	return nil
}

// act carries out a move's action; nothing in it blocks. The caller holds t.mu.
func (t *transport) act(a action) {
	switch a {
	case doConnect:
		t.failed = false
		t.job = newJob(t.uri, t.metadata)
		t.player.start(t.job)
	case doHold:
		t.job.gate.hold()
	case doRelease:
		t.job.gate.release()
	case doHangUp:
		t.job.hangUp()
	}
	if !t.state.active() && t.job != nil {
		t.job.hangUp() // also of a job that came to its end: frees its context
		t.job = nil
	}
}

// reset is what a reboot does: nothing is loaded any more; no event is sent.
func (t *transport) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.job != nil {
		t.job.hangUp()
	}
	t.state, t.uri, t.metadata, t.failed, t.job = NoMediaPresent, "", "", false, nil
}
