package bridge

import (
	"context"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
)

// session is the loop that owns what the sender's side does: it begins and ends
// the pipeline, and tells each player what concerns it.
type session struct {
	*Bridge
	group *errgroup.Group

	sound    *pipeline // nil: no sender has a session
	endSound func()    // stops its Run
	playing  raop.NowPlaying
}

func (s *session) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			s.end("shutting down")
			return nil
		case m := <-s.inboxC:
			s.handle(ctx, m)
		}
	}
}

func (s *session) handle(ctx context.Context, m message) {
	switch {
	case m.event != eventNone:
		s.tell(note{event: m.event, why: reasons[m.event]})
	case m.raop != nil:
		s.sender(ctx, m)
	case m.attach != nil:
		s.player(ctx, m.attach.udn).tell(note{attach: m.attach})
	case m.detach != "":
		if p := s.playerOf(m.detach); p != nil {
			p.tell(note{detach: true})
		}
	case m.dismiss != "":
		s.dismiss(m.dismiss)
	case m.regrouped:
		s.tell(note{regrouped: true, joins: m.joins})
	}
}

// sender handles what the AirPlay side says.
func (s *session) sender(ctx context.Context, m message) {
	switch e := m.raop.(type) {
	case raop.Play:
		s.begin(ctx, m.pipeline, e.Session)
	case raop.Teardown:
		s.end(e.Reason)
	case raop.Flush:
		s.tell(note{event: eventFlush, why: "the sender flushed"})
	case raop.Pause:
		s.tell(note{event: eventFlush, why: "the sender paused"})
	case raop.Volume:
		s.turn(e, time.Now())
	}
	s.label(m.raop)
}

// label keeps what the sender tells of its music, and tells the players.
func (s *session) label(e raop.Event) {
	if !s.playing.Merge(e) {
		return
	}
	now := s.playing
	s.update(func(st *status) { st.playing = now })
	s.tell(note{playing: &now})
}

func (s *session) begin(ctx context.Context, p *pipeline, of *raop.Session) {
	client := of.Client()
	if s.endSound != nil {
		s.endSound()
	}
	pctx, cancel := context.WithCancel(ctx)
	s.group.Go(func() error { return p.Run(pctx) })
	s.sound, s.endSound = p, cancel
	s.steer(pctx, client)
	for _, player := range s.members() {
		player.volume.await()
	}
	s.update(func(st *status) { st.client, st.session, st.pipeline, st.began = client, of, p, time.Now() })
	s.tell(note{event: eventSessionBegan, why: "a sender connected", pipeline: p})
}

func (s *session) end(reason string) {
	s.tell(note{event: eventSessionEnded, why: reason})
	if s.endSound != nil {
		s.endSound()
	}
	s.sound, s.endSound = nil, nil
	s.update(func(st *status) {
		if st.pipeline != nil {
			st.lastJitter = st.pipeline.buffer.Stats()
			logSession(s.log, reason, time.Since(st.began), st.lastJitter, st.pipeline.undecoded.Load())
		}
		st.client, st.session, st.pipeline, st.remote = raop.ClientInfo{}, nil, nil, nil
	})
}

// logSession says what became of a session's packets.
func logSession(log zerolog.Logger, reason string, lasted time.Duration, j jitter.Stats, undecoded uint64) {
	log.Info().Str("reason", reason).Str("lasted", lasted.Round(time.Millisecond).String()).
		Uint64("received", j.Received).Uint64("recovered", j.Recovered).Uint64("lost", j.Lost).
		Uint64("late", j.Late).Uint64("concealed_frames", j.ConcealedFrames).
		Uint64("starved_frames", j.StarvedFrames).Uint64("undecoded", undecoded).
		Msg("session ended")
}

// player gives the player of a renderer, a new one where there is none. It
// learns of a session that runs already.
func (s *session) player(ctx context.Context, udn string) *player {
	if p := s.playerOf(udn); p != nil {
		return p
	}
	p := newPlayer(s.Bridge, udn)
	pctx, stop := context.WithCancel(ctx)
	p.stop = stop
	s.mu.Lock()
	s.players = append(s.players, p)
	s.mu.Unlock()
	s.group.Go(func() error { return p.Run(pctx) })
	if s.sound != nil {
		now := s.playing
		p.tell(note{playing: &now})
		p.tell(note{event: eventSessionBegan, why: "it joins a session", pipeline: s.sound})
	}
	return p
}

// dismiss ends the player of a renderer.
func (s *session) dismiss(udn string) {
	p := s.playerOf(udn)
	if p == nil {
		return
	}
	p.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.players = slices.DeleteFunc(s.players, func(other *player) bool { return other == p })
}
