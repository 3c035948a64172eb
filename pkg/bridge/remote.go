package bridge

import (
	"context"
	"errors"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/dacp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
)

// ErrNoSender is returned for a command to a speaker on which nobody plays, or
// whose sender takes no commands.
var ErrNoSender = errors.New("no sender that takes commands plays on this speaker")

// ErrVolumeFixed is returned for a volume that must not be changed.
var ErrVolumeFixed = errors.New("the volume of this speaker is fixed (BREEZEWAY_VOLUME_FIXED, a rule, or the speaker itself)")

// startRemote makes the remote control of a session's sender and runs it until ctx
// ends. Many senders have none.
func (s *session) startRemote(ctx context.Context, client raop.ClientInfo) {
	var remote *remoteControl
	if s.options.Remote != nil {
		if r, err := s.options.Remote(client); err == nil {
			remote = &remoteControl{Remote: r}
			s.tasks.Go(func() error { return r.Run(ctx) })
		}
	}
	s.update(func(st *status) { st.remote = remote })
}

// remote is that of the session's sender; nil: there is none.
func (b *Bridge) remote() *remoteControl {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status.remote
}

// Command queues a command for the sender that plays; it returns ErrNoSender where
// none takes commands. Whether the sender carries it out shows in what it does.
func (b *Bridge) Command(c dacp.Command) error {
	r := b.remote()
	if r == nil {
		return ErrNoSender
	}
	return r.Send(c)
}

// steerSender sends the sender a command, if it takes any.
func (b *Bridge) steerSender(c dacp.Command, reason string) {
	if err := b.Command(c); err == nil {
		b.log.Info().Stringer("command", c).Str("reason", reason).Msg("command sent to the sender")
	}
}

// SetVolume sets the speaker, from 0 to 1 on the scale of senders, and shows it to the
// sender that plays. It returns ErrVolumeFixed for one that stays as it is.
func (b *Bridge) SetVolume(level float64) error {
	if b.volumeFixed() {
		return ErrVolumeFixed
	}
	b.setGroupVolume(player.Loudness{Level: level}, time.Now())
	b.reportVolume()
	return nil
}

// reportVolume shows the sender the volume that was set at the speaker.
func (b *Bridge) reportVolume() {
	if r := b.remote(); r != nil {
		now := time.Now()
		r.sendVolume(b.reportedVolume(), now)
	}
}
