package bridge

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/dacp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
)

// A sessionCommand is one thing for the session's loop; one of its fields is set.
type sessionCommand struct {
	soundCame    bool // audible sound came while it was listened for
	senderSilent bool // nothing came from the sender for long
	raop         raop.Event
	sound        *sound         // with a raop.Play
	attach       *player.Target // a renderer came, or came back
	detach       string         // UDN of a renderer that left
	dismiss      string         // UDN of one that does not belong to the bridge any more
	groupChanged bool           // the Sonos room plays with others than before
	joinsPlaying bool           // with groupChanged: these play for another sender
}

// session is the loop that owns what the sender's side does: it begins and ends
// the playout, and tells each player what concerns it.
type session struct {
	*Bridge
	tasks *errgroup.Group

	sound    *sound // nil: no sender has a session
	began    time.Time
	endSound func() // stops its playout
	playing  raop.NowPlaying
	stops    map[string]func() // end the players, by UDN
}

func (s *session) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			s.end("shutting down")
			return nil
		case c := <-s.inboxC:
			s.handle(ctx, c)
		}
	}
}

func (s *session) handle(ctx context.Context, c sessionCommand) {
	switch {
	case c.soundCame:
		s.each((*player.Player).SoundCame)
	case c.senderSilent:
		s.each((*player.Player).SenderSilent)
	case c.raop != nil:
		s.handleSender(ctx, c)
	case c.attach != nil:
		s.player(ctx, c.attach.UDN).Attach(c.attach)
	case c.detach != "":
		if p := s.playerOf(c.detach); p != nil {
			p.Detach()
		}
	case c.dismiss != "":
		s.dismissPlayer(c.dismiss)
	case c.groupChanged:
		s.each(func(p *player.Player) { p.GroupChanged(c.joinsPlaying) })
	}
}

// each calls f for every player.
func (s *session) each(f func(*player.Player)) {
	for _, p := range s.members() {
		f(p)
	}
}

// handleSender handles what the AirPlay side reports.
func (s *session) handleSender(ctx context.Context, c sessionCommand) {
	switch e := c.raop.(type) {
	case raop.Play:
		s.begin(ctx, c.sound, e.Session)
	case raop.Teardown:
		s.end(e.Reason)
	case raop.Flush:
		s.each(func(p *player.Player) { p.Flushed("the sender flushed") })
	case raop.Pause:
		s.each(func(p *player.Player) { p.Flushed("the sender paused") })
	case raop.Volume:
		s.senderVolume(e, time.Now())
	}
	s.mergeMetadata(c.raop)
}

// mergeMetadata keeps what the sender says of its music, and passes it on.
func (s *session) mergeMetadata(e raop.Event) {
	if !s.playing.Merge(e) {
		return
	}
	now := s.playing
	s.update(func(st *status) { st.playing = now })
	s.each(func(p *player.Player) { p.SetMetadata(metadataOf(now)) })
}

// metadataOf is what renderers are told of the music.
func metadataOf(n raop.NowPlaying) player.Metadata {
	return player.Metadata{
		Title: n.Track.Title, Artist: n.Track.Artist, Album: n.Track.Album,
		HasArtwork: n.Artwork.Type != "", ArtworkSerial: n.Serial,
	}
}

func (s *session) begin(ctx context.Context, snd *sound, of *raop.Session) {
	client := of.Client()
	if s.endSound != nil {
		s.endSound()
	}
	soundCtx, cancel := context.WithCancel(ctx)
	s.tasks.Go(func() error { return snd.playout.Run(soundCtx) })
	s.sound, s.endSound, s.began = snd, cancel, time.Now()
	s.startRemote(soundCtx, client)
	s.update(func(st *status) { st.client, st.session, st.sound, st.began = client, of, snd, s.began })
	s.each(func(p *player.Player) { p.Begin(s.playerSession(), "a sender connected") })
}

// playerSession is the session as players see it.
func (s *session) playerSession() player.Session {
	return player.Session{Playout: s.sound.playout, Packets: s.sound.packets, Began: s.began}
}

func (s *session) end(reason string) {
	s.each(func(p *player.Player) { p.End(reason) })
	if s.endSound != nil {
		s.endSound()
	}
	s.sound, s.endSound = nil, nil
	s.update(func(st *status) {
		if st.sound != nil {
			st.lastJitter = st.sound.packets.Stats()
			logSession(s.log, reason, time.Since(st.began), st.lastJitter, st.sound.packets.Undecodable())
		}
		st.client, st.session, st.sound, st.remote = raop.ClientInfo{}, nil, nil, nil
	})
}

// logSession says what became of a session's packets.
func logSession(log zerolog.Logger, reason string, lasted time.Duration, j jitter.Stats, undecodable uint64) {
	log.Info().Str("reason", reason).Str("lasted", lasted.Round(time.Millisecond).String()).
		Uint64("received", j.Received).Uint64("recovered", j.Recovered).Uint64("lost", j.Lost).
		Uint64("late", j.Late).Uint64("concealed_frames", j.ConcealedFrames).
		Uint64("starved_frames", j.StarvedFrames).Uint64("undecodable", undecodable).
		Msg("session ended")
}

// player returns the player of a renderer, a new one where there is none. It learns
// of a session that runs already.
func (s *session) player(ctx context.Context, udn string) *player.Player {
	if p := s.playerOf(udn); p != nil {
		return p
	}
	p := player.New(player.Options{
		UDN: udn, Group: s.options.Group, Streams: s.options.Streams, Memory: s.options.Memory,
		Bridge: s.callbacks(), Log: s.log,
	})
	s.mu.Lock()
	s.players = append(s.players, p)
	s.mu.Unlock()
	playerCtx, stop := context.WithCancel(ctx)
	s.stops[udn] = stop
	s.tasks.Go(func() error { return p.Run(playerCtx) })
	if s.sound != nil {
		p.SetMetadata(metadataOf(s.playing))
		p.Begin(s.playerSession(), "it joins a session")
	}
	return p
}

// dismissPlayer ends the player of a renderer.
func (s *session) dismissPlayer(udn string) {
	p := s.playerOf(udn)
	if p == nil {
		return
	}
	s.stops[udn]()
	delete(s.stops, udn)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.players = slices.DeleteFunc(s.players, func(other *player.Player) bool { return other == p })
}

// callbacks are what players ask and tell the bridge.
func (b *Bridge) callbacks() player.Callbacks {
	return player.Callbacks{
		Name:         b.Name,
		URL:          b.url,
		ArtworkPath:  b.artworkPath,
		PlaySender:   func(reason string) { b.steerSender(dacp.Play, reason) },
		PauseSender:  func(reason string) { b.steerSender(dacp.Pause, reason) },
		ReportVolume: b.reportVolume,
		Lost:         b.lost,
		HeadStart:    b.headStart,
		OthersPlay:   b.othersPlay,
	}
}

// url is that of a path of ours as the renderer at peer reaches it.
func (b *Bridge) url(path string, peer netip.Addr) (string, error) {
	base, err := b.options.BaseURL(peer)
	return base + path, err
}

// artworkPath is where the session's cover is served; empty: nowhere.
func (b *Bridge) artworkPath(serial uint64) string {
	if b.options.ArtworkPath == nil {
		return ""
	}
	return b.options.ArtworkPath(b.options.Receiver.ID, serial)
}

// lost has a renderer looked for: it may be elsewhere.
func (b *Bridge) lost(udn string) {
	if b.options.OnLost != nil {
		b.options.OnLost(udn)
	}
}

// headStart is by how much a member of a group starts faster than the slowest that
// is there: silence that it gets ahead, so that all are heard together. It rests
// on how long each took the last time; UPnP has no clock that they share.
func (b *Bridge) headStart(of *player.Player) time.Duration {
	own, _ := of.Startup()
	var present []time.Duration
	for _, p := range b.members() {
		if took, there := p.Startup(); there {
			present = append(present, took)
		}
	}
	return headStart(own, present)
}

// headStart is that of a renderer which takes so long to start, among those that are
// present; 0 as long as it is not known. One that wakes from standby is not waited for.
func headStart(own time.Duration, present []time.Duration) time.Duration {
	if own == 0 {
		return 0
	}
	var slowest time.Duration
	for _, took := range present {
		if took <= player.MostStartup {
			slowest = max(slowest, took)
		}
	}
	return max(0, slowest-own)
}

// othersPlay reports whether another member of the group has sound.
func (b *Bridge) othersPlay(than *player.Player) bool {
	return slices.ContainsFunc(b.members(), func(p *player.Player) bool { return p != than && p.Playing() })
}
