package bridge

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// status is what the session's loop publishes for Snapshot.
type status struct {
	name  string
	since time.Time // that the bridge exists

	client     raop.ClientInfo
	began      time.Time
	session    *raop.Session // nil: none
	pipeline   *pipeline
	lastJitter jitter.Stats // of the session that ended
	remote     *control     // of client; nil: it takes no commands
	playing    raop.NowPlaying
}

// playerStatus is what a player's loop publishes for Snapshot.
type playerStatus struct {
	state  State
	since  time.Time
	reason string
	target *target
	volume settings.Volume // of target, or of the last one

	stream     *stream.Stream
	way        quirk.StreamFormat // of stream
	proven     bool               // stream plays, by all that is known
	after      time.Duration      // from Play to the first sound, by the renderer's own count; 0: it did not tell
	startup    time.Duration      // from the start to the first that was heard of stream; 0: not known
	heard      time.Time          // when its sound began, behind the silence; zero: not known
	lead       time.Duration      // silence that the stream began with
	lastStream stream.Stats
	paused     bool // by a hand at the speaker
	drift      Drift
}

// reasons says why the pipeline moves a player, in words for log and page.
var reasons = map[event]string{
	eventSoundArrived: "the sender's sound came",
	eventSenderSilent: fmt.Sprintf("nothing came from the sender for %v", quietAfter),
}

// update changes the status under its lock.
func (b *Bridge) update(change func(*status)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.status)
}

// began is when the session began.
func (b *Bridge) began() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status.began
}

// idle reports whether no sender has a session.
func (b *Bridge) idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status.session == nil
}

// update changes the status under its lock.
func (p *player) update(change func(*playerStatus)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.status)
}

// setPaused notes whether somebody paused the renderer at itself.
func (p *player) setPaused(on bool) {
	p.paused = on
	p.update(func(s *playerStatus) { s.paused = on })
}

// occupied reports whether a sender has a session.
func (b *Bridge) occupied() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status.pipeline != nil
}

// Snapshot shows the bridge as it is now.
func (b *Bridge) Snapshot() Speaker {
	b.mu.Lock()
	st := b.status
	b.mu.Unlock()
	s := Speaker{
		Name:   st.name,
		ID:     b.options.Receiver.ID,
		Port:   b.Port(),
		State:  StateIdle,
		Since:  st.since,
		Client: st.client,
		Jitter: st.lastJitter,

		Receiver: b.receiver.Stats(),

		NowPlaying: st.playing,
		Steerable:  st.remote != nil,
	}
	if st.pipeline != nil {
		s.Began = st.began
		s.Jitter = st.pipeline.buffer.Stats()
		s.Undecoded = st.pipeline.undecoded.Load()
	}
	if st.session != nil {
		s.Sender = senderOf(st.session)
	}
	now := time.Now()
	var members []Member
	for _, p := range b.members() {
		members = append(members, p.snapshot(now))
	}
	if b.options.Group {
		s.Members, s.Spread = members, spread(members)
	}
	s.lead(members)
	loud := b.loudness(now)
	s.Level, s.Muted, s.VolumeFixed = loud.level, loud.mute, b.volumeFixed()
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
// that play and tell when they began.
func spread(members []Member) time.Duration {
	var first, last time.Time
	for _, m := range members {
		if m.Heard.IsZero() || m.State != StatePlaying {
			continue
		}
		if first.IsZero() || m.Heard.Before(first) {
			first = m.Heard
		}
		if m.Heard.After(last) {
			last = m.Heard
		}
	}
	return last.Sub(first)
}

// lead fills in what the member nearest to sound shows.
func (s *Speaker) lead(members []Member) {
	if len(members) == 0 {
		return
	}
	m := slices.MaxFunc(members, func(a, b Member) int { return cmp.Compare(a.State, b.State) })
	s.Address, s.Location, s.Model = m.Address, m.Location, m.Model
	s.State, s.Since, s.Reason = m.State, m.Since, m.Reason
	s.StartDelay, s.Codec, s.Stream, s.Drift = m.StartDelay, m.Codec, m.Stream, m.Drift
	s.Length, s.Class, s.Proven, s.Paused, s.SoundingAfter = m.Length, m.Class, m.Proven, m.Paused, m.SoundingAfter
	s.OpenHome = m.OpenHome
}

// snapshot shows the player as it is now.
func (p *player) snapshot(now time.Time) Member {
	p.mu.Lock()
	st := p.status
	p.mu.Unlock()
	loud, _ := p.volume.now(now)
	m := Member{
		UDN:    p.udn,
		State:  st.state,
		Since:  st.since,
		Reason: st.reason,
		Codec:  st.way.Codec,
		Level:  loud.level,
		Muted:  loud.mute,
		Stream: st.lastStream,
		Proven: st.proven,
		Paused: st.paused && st.stream != nil,
		Length: st.way.Length,
		Class:  st.way.Class,

		SoundingAfter: st.after,
		Heard:         st.heard,
		Drift:         st.drift,
	}
	if st.target != nil {
		m.Name, m.Model, m.Location = st.target.name, st.target.model, st.target.location()
		m.Address, m.OpenHome = st.target.address.String(), st.target.openHome
	}
	if st.stream != nil {
		m.Stream = st.stream.Stats()
	}
	if first := m.Stream.FirstByte; !first.IsZero() {
		m.StartDelay = first.Sub(m.Stream.Opened) + st.lead
	}
	return m
}
