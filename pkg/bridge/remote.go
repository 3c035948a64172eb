package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/dacp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
)

// ErrNoSender is returned for a command to a speaker on which nobody plays, or
// whose sender takes no commands.
var ErrNoSender = errors.New("no sender that takes commands plays on this speaker")

// ErrNoSpeaker is returned for an id that no speaker has.
var ErrNoSpeaker = errors.New("no such speaker")

// ErrVolumeFixed is returned for a volume that is not to be turned.
var ErrVolumeFixed = errors.New("the volume of this speaker is fixed (BREEZEWAY_VOLUME_FIXED, a rule, or the speaker itself)")

// A Remote steers the sender of one session; *dacp.Remote is one.
type Remote interface {
	Run(ctx context.Context) error
	Send(c dacp.Command) error
	SetVolume(volumeDB float64, mute bool)
}

// steer makes the remote control of a session's sender and runs it until ctx
// ends. Many senders have none.
func (s *session) steer(ctx context.Context, client raop.ClientInfo) {
	var remote *control
	if s.options.Remote != nil {
		if r, err := s.options.Remote(client); err == nil {
			remote = &control{Remote: r}
			s.group.Go(func() error { return r.Run(ctx) })
		}
	}
	s.update(func(st *status) { st.remote = remote })
}

// remote is that of the session's sender; nil: there is none.
func (b *Bridge) remote() *control {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status.remote
}

// send sends the sender a command, if it takes any.
func (b *Bridge) send(c dacp.Command, why string) {
	r := b.remote()
	if r == nil {
		return
	}
	if err := r.Send(c); err == nil {
		b.log.Info().Stringer("command", c).Str("reason", why).Msg("the sender is told")
	}
}

// tellVolume tells the sender of a volume that was turned at the speaker.
func (b *Bridge) tellVolume() {
	if r := b.remote(); r != nil {
		now := time.Now()
		r.tell(b.outlook(now), now)
	}
}

var commands = map[string]dacp.Command{
	"play": dacp.Play, "pause": dacp.Pause, "next": dacp.Next, "previous": dacp.Previous,
}

// Command has the sender that plays on a speaker do something: "play",
// "pause", "next" or "previous". The id is the speaker's raop.ID.
func (m *Manager) Command(id, command string) error {
	b := m.bridgeOf(id)
	if b == nil {
		return ErrNoSpeaker
	}
	c, known := commands[command]
	if !known {
		return fmt.Errorf("command %q: want play, pause, next or previous", command)
	}
	r := b.remote()
	if r == nil {
		return ErrNoSender
	}
	return r.Send(c)
}

// SetVolume turns a speaker, from 0 to 1 on the scale of senders, and tells the
// sender that plays on it. It returns ErrVolumeFixed for one that stays as it is.
func (m *Manager) SetVolume(id string, level float64) error {
	b := m.bridgeOf(id)
	if b == nil {
		return ErrNoSpeaker
	}
	if b.volumeFixed() {
		return ErrVolumeFixed
	}
	b.louden(loudness{level: level}, time.Now())
	b.tellVolume()
	return nil
}

// bridgeOf is the bridge of a speaker or group, or nil.
func (m *Manager) bridgeOf(id string) *Bridge {
	for _, b := range m.bridges() {
		if b.options.Receiver.ID.String() == id {
			return b
		}
	}
	return nil
}
