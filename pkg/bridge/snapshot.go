package bridge

import (
	"cmp"
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
)

// A Speaker is what one bridge shows of itself at one moment: for pages, metrics and
// health.
type Speaker struct {
	Name  string    // as senders see it
	ID    raop.ID   // its AirPlay identity
	UDN   string    // the renderer's, or an identity that stands for a group
	Port  uint16    // RTSP
	Group bool      // it plays on several renderers
	Since time.Time // that it is offered
	// Renderers are those that it plays on, in the order in which they came: the
	// members of a group, or the one of a single speaker. There is none before the
	// first was met.
	Renderers []player.Snapshot
	Spread    time.Duration // between the first and the last member's sound, as they report it

	Receiver    raop.Stats      // connections and sessions since the speaker is offered
	Client      raop.ClientInfo // of the session; zero without one
	Began       time.Time       // of the session
	Sender      Sender          // of the session
	Steerable   bool            // the session's sender takes commands
	NowPlaying  raop.NowPlaying // what the session's sender says of the music
	Jitter      jitter.Stats    // of the session, or of the last one
	Undecodable uint64          // packets of the session that the decoder refused

	Level       float64 // 0 to 1, on the sender's scale, as last known
	Muted       bool    // likewise
	VolumeFixed bool    // neither senders nor SetVolume change it
}

// A Sender is what is measured of the one that plays.
type Sender struct {
	Latency  time.Duration // from its sending to the ear, as it expects it; 0: it did not say
	DriftPPM float64       // how much faster than ours its clock is; 0 as long as that is not known
}

// Nearest is the renderer that is nearest to sound, of those that are on the network
// if there is any: what the state of a group is taken from.
func (s Speaker) Nearest() player.Snapshot {
	if len(s.Renderers) == 0 {
		return player.Snapshot{Since: s.Since}
	}
	return slices.MaxFunc(s.Renderers, func(a, b player.Snapshot) int {
		return cmp.Or(cmp.Compare(a.State, b.State), -compareBool(a.Away(), b.Away()))
	})
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Away reports whether no renderer of the speaker is on the network.
func (s Speaker) Away() bool { return s.Nearest().Away() }

// State is that of the renderer which is nearest to sound.
func (s Speaker) State() player.State { return s.Nearest().State }

// Playing reports whether a sender's sound goes to a renderer.
func (s Speaker) Playing() bool { return s.State() == player.StatePlaying }

// status is what the session's loop publishes for Snapshot.
type status struct {
	name  string
	since time.Time // that the bridge exists

	client     raop.ClientInfo
	began      time.Time
	session    *raop.Session // nil: none
	sound      *sound
	lastJitter jitter.Stats   // of the session that ended
	remote     *remoteControl // of client; nil: it takes no commands
	playing    raop.NowPlaying
}

// update changes the status under its lock.
func (b *Bridge) update(change func(*status)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.status)
}

// idle reports whether no sender has a session.
func (b *Bridge) idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status.session == nil
}

// Snapshot shows the bridge as it is now.
func (b *Bridge) Snapshot() Speaker {
	b.mu.Lock()
	st := b.status
	b.mu.Unlock()
	s := Speaker{
		Name:  st.name,
		ID:    b.options.Receiver.ID,
		Port:  b.Port(),
		Group: b.options.Group,
		Since: st.since,

		Receiver:   b.receiver.Stats(),
		Client:     st.client,
		Steerable:  st.remote != nil,
		NowPlaying: st.playing,
		Jitter:     st.lastJitter,
	}
	if st.sound != nil {
		s.Began, s.Jitter, s.Undecodable = st.began, st.sound.packets.Stats(), st.sound.packets.Undecodable()
	}
	if st.session != nil {
		s.Sender = senderOf(st.session)
	}
	for _, p := range b.members() {
		s.Renderers = append(s.Renderers, p.Snapshot())
	}
	s.Spread = spread(s.Renderers)
	loudness := b.groupVolume()
	s.Level, s.Muted, s.VolumeFixed = loudness.Level, loudness.Mute, b.volumeFixed()
	return s
}

// senderOf is what a session measures of its sender.
func senderOf(session *raop.Session) Sender {
	s := Sender{DriftPPM: session.Stats().DriftPPM}
	if frames, ok := session.Latency(); ok {
		s.Latency = session.Params().Format.Duration(frames)
	}
	return s
}

// spread is the time between the first and the last member's sound, of those
// that play and report when they began.
func spread(members []player.Snapshot) time.Duration {
	var first, last time.Time
	for _, m := range members {
		if m.SoundBegan.IsZero() || m.State != player.StatePlaying {
			continue
		}
		if first.IsZero() || m.SoundBegan.Before(first) {
			first = m.SoundBegan
		}
		if m.SoundBegan.After(last) {
			last = m.SoundBegan
		}
	}
	return last.Sub(first)
}
