package bridge

import (
	"fmt"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// step moves the machine and does what the move asks for.
func (p *player) step(e event, why string) {
	to, do := next(p.state, e)
	if to != p.state {
		p.log.Info().Stringer("from", p.state).Stringer("to", to).Str("reason", why).Msg("state changed")
	}
	if to != p.state {
		p.hold.Stop() // it was for the state before
	}
	p.state = to
	p.update(func(s *playerStatus) {
		if s.state != to || do != 0 {
			s.reason = why
		}
		if s.state != to {
			s.state, s.since = to, time.Now()
		}
	})
	p.end(do)
	if do&actionEndSound != 0 {
		p.rest()
	}
	if do&actionAwaitSound != 0 && p.sound != nil {
		p.sound.listen()
	}
	if do&actionStartStream != 0 {
		p.start()
	}
	if do&actionStartPauseTimer != 0 && (p.paused || !p.pausesSilent()) {
		p.hold.Reset(holdFor)
	}
	if do&actionStartRetryTimer != 0 {
		p.failures++
		p.backoff.Reset(min(backoffFirst<<min(p.failures-1, 10), backoffMost))
	}
}

// pausesSilent reports whether a pause goes on as silence, however long it is.
func (p *player) pausesSilent() bool {
	return p.target != nil && p.target.settings.Pause == settings.PauseSilence
}

// rest ends the sound of a stream that the paused renderer keeps.
func (p *player) rest() {
	if p.sound != nil && p.output != nil {
		p.sound.end(p.output)
	}
	p.output, p.drift = nil, nil
	p.update(func(s *playerStatus) { s.drift = Drift{} })
}

// end closes the stream: by order of the renderer, or without it.
func (p *player) end(do action) {
	if do&(actionStopSpeaker|actionAbandonStream) == 0 || p.stream == nil {
		return
	}
	p.rest()
	if time.Since(p.opened) > steadyAfter {
		p.failures = 0
	}
	if do&actionStopSpeaker != 0 {
		p.driver.command(order{ends: p.stream})
	} else {
		p.stream.Discard()
	}
	last := p.stream.Stats()
	p.stream, p.firstC = nil, nil
	p.update(func(s *playerStatus) { s.stream, s.lastStream = nil, last })
}

// start opens a stream and has the renderer play it.
func (p *player) start() {
	if p.sound == nil {
		return
	}
	p.serial++
	if err := p.open(); err != nil {
		p.bridge.lost(p.udn)
		p.step(eventFailed, err.Error())
	}
}

// open opens a stream in the way that the ladder says.
func (p *player) open() error {
	t := p.target
	if t == nil {
		return errAbsent
	}
	way, set := t.formats.Current(), t.settings
	v := voice{codec: way.Codec, blockFrames: set.FLACBlock, bitrateKbps: set.MP3Bitrate, drift: set.Drift}
	encoder, err := v.encoder(p.sound.format, 0)
	if err != nil {
		return fmt.Errorf("bridge: start: %w", err)
	}
	s := p.offer(way, encoder.Header())
	url, err := p.bridge.url(s.Path(), t.address)
	if err != nil {
		s.Discard()
		return fmt.Errorf("bridge: start: %w", err)
	}
	p.stream, p.opened, p.firstC, p.proof = s, time.Now(), s.FirstRead(), newProof(t.formats.Verified(), t.formats.Attempts())
	p.entitle()
	var lead time.Duration
	p.output, lead = p.sound.begin(v, encoder, s, p.slack(way, set))
	p.update(func(st *playerStatus) {
		st.stream, st.way, st.lead, st.proven, st.after, st.heard = s, way, lead, false, 0, time.Time{}
	})
	p.turnToStart()
	p.driver.command(order{serial: p.serial, media: p.media(way, url)})
	p.look.Reset(proofEvery)
	p.setPaused(false)
	t.renderer.FollowClock(set.Drift && !t.traits.CoarsePosition)
	if set.Drift {
		p.drift = newDrift()
		p.update(func(st *playerStatus) { st.drift = p.drift.shown() })
		p.measured.Reset(driftCheckEvery)
	}
	return nil
}

// offer makes the stream that the renderer is to fetch.
func (p *player) offer(way quirk.StreamFormat, header []byte) *stream.Stream {
	return p.bridge.options.Streams.Open(stream.Options{
		Codec:           way.Codec,
		Name:            p.bridge.Name(),
		Header:          header,
		Length:          way.Length,
		ContentType:     way.MIME,
		ContentFeatures: way.Features,
		Peer:            p.target.address,
		OnLateRequest:   p.target.renderer.RequestPoll,
	})
}

// usualStartup is what a renderer takes from the order to its first sound, as long
// as that is not known.
const usualStartup = 500 * time.Millisecond

// slack is the silence that a stream begins with beyond the wait for its first sound.
// The renderer needs some. With Sync there is as much as makes the sound heard when
// the sender counts on it, where that is known and the renderer is quick enough.
func (p *player) slack(way quirk.StreamFormat, set settings.Speaker) time.Duration {
	least := preroll + way.Preroll + set.Delay
	counted := p.sound.counted()
	if !set.Sync || counted == 0 {
		return least + p.bridge.handicap(p)
	}
	startup := p.startup
	if startup == 0 || startup > mostHandicap { // not known, or out of standby
		startup = usualStartup
	}
	return max(least, counted-eager-startup+set.Delay)
}

// mostHandicap bounds handicap: one that wakes from standby is not waited for.
const mostHandicap = 3 * time.Second

// handicap is by how much a member of a group starts faster than the slowest that
// is there: silence that it gets ahead, so that all are heard together. It rests
// on how long each took the last time; UPnP has no clock that they share.
func (b *Bridge) handicap(of *player) time.Duration {
	var slowest, own time.Duration
	for _, p := range b.members() {
		p.mu.Lock()
		took, there := p.status.startup, p.status.target != nil
		p.mu.Unlock()
		if there && took <= mostHandicap {
			slowest = max(slowest, took)
		}
		if p == of {
			own = took
		}
	}
	if own == 0 {
		return 0 // not known yet
	}
	return max(0, slowest-own)
}
