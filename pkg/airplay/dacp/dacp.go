// Package dacp controls a sender from the receiver's side with the Digital Audio
// Control Protocol, which has no public specification. What is known about it comes
// from shairport-sync (dacp.c, release notes 3.3.7) and AirConnect.
//
// A sender with a remote control announces it in its RTSP requests: DACP-ID names its
// service among _dacp._tcp, "iTunes_Ctrl_" and 16 hex digits, and Active-Remote
// is the token that a command has to carry. A command is a GET request to
// /ctrl-int/1/, which iTunes answers with 204 and others with 200. Known to work
// with iTunes, Music and iOS over AirPlay 1; PulseAudio and PipeWire offer
// nothing. Commands are sent to the sender's own address only: mDNS is asked for
// nothing but the port.
//
// Left out: pairing and what needs it (dmcp.volume, getspeakers), long polls for
// the sender's state, which RTSP carries already, and seeking. The caller decides
// which changes at the speaker need a command, and which are only the result of one.
package dacp

//go:generate go tool stringer -type=Command -linecomment -output=command_string.go

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

var (
	// ErrNoRemote means that the sender offers no remote control, or that the one it
	// named does not answer.
	ErrNoRemote = errors.New("dacp: the sender offers no remote control")
	// ErrRefused means that the sender received the command and rejected it.
	ErrRefused = errors.New("dacp: the sender refuses")
	// ErrBusy means that too many commands are queued already.
	ErrBusy = errors.New("dacp: too many commands wait")
	// ErrOver means that the session has ended.
	ErrOver = errors.New("dacp: the session is over")
)

const (
	// maxWaiting bounds the queue of commands: as many as an impatient user presses
	// during one look-up.
	maxWaiting = 8
	// volumePause is the least time between two volumes.
	volumePause = 200 * time.Millisecond
	// maxTokenBytes is far beyond the longest token seen, Roon's 64-bit number.
	maxTokenBytes = 128
)

// The range of AirPlay volumes, in decibels.
const (
	MinVolumeDB = -30.0
	MaxVolumeDB = 0.0
	muteDB      = -144.0
)

// A Command is what a button of the remote control does.
type Command uint8

const (
	Play     Command = iota // play
	Pause                   // pause
	Next                    // nextitem
	Previous                // previtem
)

// Options describe the sender of one session.
type Options struct {
	DACPID       string     // as the sender wrote it; leading zeros may be missing
	ActiveRemote string     // as the sender wrote it; not always a number that fits 32 bits
	Sender       netip.Addr // source of the RTSP connection, with zone if link-local
	// Find returns the port of the sender's remote control, or an error that is
	// query.ErrNotFound. Nil: it is looked up on Interfaces.
	Find       func(ctx context.Context) (port uint16, err error)
	Interfaces func() []netif.Interface // on which to look it up, at the time of the call
	Port       uint16                   // of Multicast DNS; 0 means 5353; others are for tests and the demo
	Log        zerolog.Logger
}

// A Remote controls one sender for one session. Run must be running; all other
// methods may be called by any goroutine.
type Remote struct {
	options  Options
	client   client
	commandC chan Command
	volumeC  chan string // capacity 1: the newest volume not yet sent
	endedC   chan struct{}
	failing  bool // the last command failed; used by Run alone

	mu sync.Mutex // guards the exchange of what volumeC holds
}

// New makes a Remote. It fails with ErrNoRemote for a sender that offers none.
func New(o Options) (*Remote, error) {
	if !token(o.DACPID) || !token(o.ActiveRemote) || !o.Sender.IsValid() {
		return nil, ErrNoRemote
	}
	if o.Find == nil {
		o.Find = o.browse
	}
	return &Remote{
		options:  o,
		client:   newClient(o),
		commandC: make(chan Command, maxWaiting),
		volumeC:  make(chan string, 1),
		endedC:   make(chan struct{}),
	}, nil
}

// token reports whether the value of a header is a plausible token.
func token(text string) bool {
	return text != "" && len(text) <= maxTokenBytes &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// Run sends the queued commands and volumes one after another until ctx ends.
func (r *Remote) Run(ctx context.Context) error {
	defer close(r.endedC)
	volumeC, pauseC := r.volumeC, (<-chan time.Time)(nil)
	for {
		select {
		case <-ctx.Done():
			return nil
		case c := <-r.commandC:
			r.logOutcome(ctx, c.String(), r.client.send(ctx, c.String()))
		case volume := <-volumeC:
			r.logOutcome(ctx, volume, r.client.send(ctx, volume))
			volumeC, pauseC = nil, time.After(volumePause)
		case <-pauseC:
			volumeC, pauseC = r.volumeC, nil
		}
	}
}

// logOutcome logs when commands begin to fail, and when they succeed again.
func (r *Remote) logOutcome(ctx context.Context, request string, err error) {
	if ctx.Err() != nil {
		return
	}
	switch failing := err != nil; {
	case failing && !r.failing:
		r.options.Log.Info().Err(err).Str("command", request).Stringer("sender", r.options.Sender).
			Msg("sender does not follow the speaker's buttons")
	case !failing && r.failing:
		r.options.Log.Info().Stringer("sender", r.options.Sender).Msg("sender follows the speaker's buttons again")
	}
	r.failing = err != nil
}

// Send queues a command for the sender; a failure to carry it out is only logged.
// Its errors are ErrOver and ErrBusy.
func (r *Remote) Send(c Command) error {
	select {
	case <-r.endedC:
		return ErrOver
	default:
	}
	select {
	case r.commandC <- c:
		return nil
	default:
		return ErrBusy
	}
}

// SetVolume queues the speaker's volume for the sender: MinVolumeDB to
// MaxVolumeDB, or mute. Of several volumes in quick succession only the last one is
// sent.
func (r *Remote) SetVolume(volumeDB float64, mute bool) {
	volumeDB = min(max(volumeDB, MinVolumeDB), MaxVolumeDB)
	if mute || volumeDB != volumeDB { // not a number
		volumeDB = muteDB
	}
	request := "setproperty?dmcp.device-volume=" + strconv.FormatFloat(volumeDB, 'f', 6, 64)
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.volumeC: // an older one
	default:
	}
	r.volumeC <- request // has room: nothing else writes to it
}
