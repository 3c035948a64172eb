// Package dacp steers a sender from the receiver's side: the Digital Audio
// Control Protocol, which has no public specification. What is known of it comes
// from shairport-sync (dacp.c, release notes 3.3.7) and AirConnect.
//
// A sender that can be steered says so in its RTSP requests: DACP-ID names its
// service among _dacp._tcp, "iTunes_Ctrl_" and 16 hex digits, and Active-Remote
// is the token that a command has to carry. A command is a GET request to
// /ctrl-int/1/, which iTunes answers with 204 and others with 200. Known to work
// with iTunes, Music and iOS over AirPlay 1; PulseAudio and PipeWire offer
// nothing. Commands go to the sender's own address and nowhere else: the network
// is asked for the port alone.
//
// Left out: pairing and what needs it (dmcp.volume, getspeakers), long polls for
// the sender's state, which RTSP carries already, and seeking. Which change at
// the speaker needs a command, and which is only the echo of one, the owner decides.
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
	// ErrNoRemote says that the sender offers no remote control, or that it does
	// not answer for the one it named.
	ErrNoRemote = errors.New("dacp: the sender offers no remote control")
	// ErrRefused says that the sender got the command and does not obey it.
	ErrRefused = errors.New("dacp: the sender refuses")
	// ErrBusy says that too many commands wait already.
	ErrBusy = errors.New("dacp: too many commands wait")
	// ErrOver says that the session is over.
	ErrOver = errors.New("dacp: the session is over")
)

const (
	// maxWaiting bounds the commands that wait for the sender: as many as an
	// impatient finger sends during one look-up.
	maxWaiting = 8
	// volumePause is the least time between two volumes.
	volumePause = 200 * time.Millisecond
	// maxTokenBytes is far beyond the longest token seen, Roon's 64-bit number.
	maxTokenBytes = 128
)

// The volumes that senders know, in decibels.
const (
	MinVolumeDB = -30.0
	MaxVolumeDB = 0.0
	muteDB      = -144.0
)

// A Command is what a button does.
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
	Sender       netip.Addr // where RTSP came from, with zone if link-local
	// Find returns the port of the sender's remote control, or an error that is
	// query.ErrNotFound. Nil: it is looked up on Interfaces.
	Find       func(ctx context.Context) (port uint16, err error)
	Interfaces func() []netif.Interface // to ask on now
	Port       uint16                   // of Multicast DNS; 0 means 5353; another only in tests and the demo
	Log        zerolog.Logger
}

// A Remote steers one sender for one session. Run must run; all other methods may
// be called from anywhere.
type Remote struct {
	options  Options
	client   client
	commandC chan Command
	volumeC  chan string // holds the newest volume that waits
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

// token reports whether a header's value may be one.
func token(text string) bool {
	return text != "" && len(text) <= maxTokenBytes &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// Run sends what is asked for, one after another, until ctx ends.
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
			Msg("sender does not obey the speaker's buttons")
	case !failing && r.failing:
		r.options.Log.Info().Stringer("sender", r.options.Sender).Msg("sender obeys the speaker's buttons again")
	}
	r.failing = err != nil
}

// Send queues a command for the sender; whether the sender obeys is only logged.
// It fails with ErrOver or ErrBusy.
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
// MaxVolumeDB, or mute. Of volumes in quick succession only the last one is sent.
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
	r.volumeC <- request // has room: only this place fills it
}
