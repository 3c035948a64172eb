package player

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
)

// startOutcome handles the end of a Play; that of a stream which has ended says
// nothing about the one that plays.
func (p *Player) startOutcome(serial int, err error) {
	if serial != p.serial || p.stream == nil {
		return
	}
	if err == nil {
		p.check.accepted = time.Now()
		return
	}
	if e := refusal(err, p.failures); e != quirk.EvidenceNone && p.tryNextFormat(e) {
		return
	}
	p.options.Bridge.Lost(p.options.UDN)
	p.step(eventFailed, err.Error())
}

// checkPlaying looks for evidence that the renderer plays.
func (p *Player) checkPlaying(now time.Time) {
	if p.stream == nil || p.target == nil {
		return
	}
	p.check.observe(p.stream.Stats(), now)
	if p.check.done {
		p.checkStillPlaying(now)
		return
	}
	plays, failed := p.check.judge(now)
	switch {
	case plays:
		p.startVerified()
		p.timers.check.Reset(checkPlayingEvery)
		return
	case failed == quirk.EvidenceNone:
		// Too early to say.
	case !p.tryNextFormat(failed):
		p.step(eventFailed, failed.String()+": all formats were tried")
	}
	p.timers.check.Reset(checkStartEvery)
}

// checkStillPlaying looks after a renderer that has played. One that leaves its
// stream may have restarted elsewhere: it is looked for.
func (p *Player) checkStillPlaying(now time.Time) {
	p.timers.check.Reset(checkPlayingEvery)
	if p.paused {
		return
	}
	if p.check.left.Equal(now) {
		p.options.Bridge.Lost(p.options.UDN)
	}
	if reason := p.check.ended(now); reason != "" {
		p.step(eventFailed, reason)
	}
}

// startVerified remembers the format in which the renderer plays.
func (p *Player) startVerified() {
	p.check.done = true
	t := p.target
	t.Formats.Succeed()
	p.verified = t.Formats.Current()
	p.status.update(func(s *status) { s.verified = true })
	place := quirk.Place{Location: t.Location, From: t.Address}
	if err := p.options.Memory.Remember(t.UDN, t.Formats.Current(), place, time.Now()); err != nil {
		p.log.Warn().Err(err).Msg("the speaker's format cannot be remembered: its description is too long or damaged")
	}
}

// tryNextFormat starts again in the next format after one that the renderer does not
// take. It reports false when there is none left to try at once.
func (p *Player) tryNextFormat(e quirk.Evidence) bool {
	rejected := p.target.Formats.Current()
	next, again := p.target.Formats.Fail(e)
	if !again {
		return false
	}
	p.log.Info().Stringer("evidence", e).Stringer("format", rejected).Stringer("next", next).
		Msg("speaker did not accept the stream: another format is tried")
	p.step(eventFormatRejected, e.String())
	return true
}
