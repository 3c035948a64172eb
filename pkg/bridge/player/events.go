package player

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
)

const (
	// resumeWithin is how long a sender may take to play again after play was pressed
	// at a speaker: phones wake for it.
	resumeWithin = 10 * time.Second
	// regroupWithin is how long after a change of its group what a Sonos player does
	// by itself is put down to that: a coordinator that leaves stops, and so does one
	// that joins others.
	regroupWithin = 5 * time.Second
)

// rendererEvent handles what the renderer reports.
func (p *Player) rendererEvent(e renderer.Event) {
	switch e := e.(type) {
	case renderer.Transport:
		p.transportChanged(e)
	case renderer.AudioStarted:
		p.soundBegan(e)
	case renderer.Back:
		if p.state == StateRetrying {
			p.step(eventRetryNow, "the speaker answers again")
		}
	case renderer.Position:
		p.measurePosition(e)
	case renderer.TakenOver:
		if p.target.Output.FollowsAnother(e.URI) {
			p.step(eventFailed, "the room follows another now")
			return
		}
		p.step(eventTakenOver, "another controller plays "+e.URI)
		p.pauseSender("another controller plays on the speaker")
	case renderer.PlayPressed:
		p.playPressed()
	case renderer.Volume:
		if p.target.Output.ReportsOwnVolume() && p.volume.reported(e.Level, time.Now()) {
			p.options.Bridge.ReportVolume()
		}
	case renderer.Mute:
		if p.target.Output.ReportsOwnVolume() && p.volume.reportedMute(e.On, time.Now()) {
			p.options.Bridge.ReportVolume()
		}
	case renderer.Lost:
		p.step(eventFailed, e.Reason)
		p.options.Bridge.Lost(p.options.UDN)
	}
}

// soundBegan notes that the renderer's count of what it played moves, or that it is
// known more exactly when the sound began.
func (p *Player) soundBegan(e renderer.AudioStarted) {
	p.check.sounding = true
	began := p.check.accepted.Add(e.After)
	p.startup = p.startup.update(startup{took: began.Sub(p.opened), uncertainty: e.Uncertainty})
	p.status.update(func(s *status) {
		s.soundingAfter, s.soundingUncertainty = e.After, e.Uncertainty
		s.startupTime, s.soundBegan = p.startup.took, began.Add(s.lead)
	})
}

// firstSoundFetched logs that the renderer took the first sound of a stream.
func (p *Player) firstSoundFetched() {
	p.firstC = nil
	lead, codec := p.status.lead()
	first := p.stream.Stats().FirstByte
	p.log.Info().Int64("after_record_ms", first.Sub(p.session.Began).Milliseconds()).
		Int64("after_sound_ms", first.Sub(p.opened).Milliseconds()).Int64("lead_ms", lead.Milliseconds()).
		Stringer("codec", codec).Msg("speaker has fetched the first sound")
}

// transportChanged handles a change of the renderer's state. A stop that nobody
// here ordered is a fault the first time, since speakers stop on any hiccup; when it
// comes again soon, somebody wants the speaker for himself.
func (p *Player) transportChanged(e renderer.Transport) {
	if e.State == renderer.Playing {
		p.log.Info().Msg("speaker plays")
		p.check.playing = time.Now()
		if p.paused {
			p.resumedAtSpeaker()
		}
		return
	}
	if e.State == renderer.Paused && p.stream != nil {
		p.pausedAtSpeaker()
		return
	}
	if p.stream == nil || !e.Stopped() {
		return
	}
	if p.stoppedByRegrouping() {
		return
	}
	if p.paused || p.state == StatePausedAtSpeaker { // some end a pause after minutes
		p.step(eventTakenOver, "the speaker was paused at itself, and has stopped now")
		return
	}
	if !p.check.done && p.target.Formats.Current() != p.verified && p.tryNextFormat(p.check.stopped()) {
		return
	}
	if p.failures == 0 || time.Since(p.opened) > steadyAfter {
		p.step(eventFailed, "the speaker stopped by itself")
		return
	}
	p.step(eventTakenOver, "the speaker was stopped again: it is left alone until the sender pauses and plays")
	p.pauseSender("the speaker was stopped")
}

// pausedAtSpeaker has the sender pause after pause was pressed at the speaker.
func (p *Player) pausedAtSpeaker() {
	p.setPaused(true)
	if p.state == StatePausedAtSpeaker {
		p.timers.timeout.Stop() // paused again
	}
	p.options.Bridge.PauseSender("pause was pressed at the speaker")
}

// resumedAtSpeaker has the sender play again after play was pressed at the speaker.
func (p *Player) resumedAtSpeaker() {
	p.setPaused(false)
	p.check.fetched, p.check.left = time.Now(), time.Time{} // it had no reason to fetch
	p.options.Bridge.PlaySender("play was pressed at the speaker")
	if p.state == StatePausedAtSpeaker {
		p.timers.timeout.Reset(resumeWithin)
	}
}

// setPaused notes whether somebody paused the renderer at itself.
func (p *Player) setPaused(on bool) {
	p.paused = on
	p.status.update(func(s *status) { s.paused = on })
}

// playPressed takes play that was pressed at the speaker after it had been stopped:
// the sender is to play again, or plays still.
func (p *Player) playPressed() {
	if p.state == StateConnected && p.session.Playout != nil {
		p.options.Bridge.PlaySender("play was pressed at the speaker")
	}
	p.step(eventPlayPressed, "play was pressed at the speaker")
}

// flushTimedOut ends the wait after a flush. Where somebody paused at the speaker,
// the speaker keeps its pause, so that its play button works.
func (p *Player) flushTimedOut() {
	switch {
	case p.state == StatePausedAtSpeaker:
		p.step(eventPauseTimeout, "play was pressed at the speaker, and the sender does not play")
	case p.paused:
		p.step(eventPausedAtBoth, "the speaker was paused at itself, and so has the sender")
	default:
		p.step(eventPauseTimeout, "nothing followed the flush")
	}
}

// pauseSender has the sender pause, since its sound is not wanted here any more,
// unless others of its group play on.
func (p *Player) pauseSender(reason string) {
	if !p.options.Bridge.OthersPlay(p) {
		p.options.Bridge.PauseSender(reason)
	}
}

// groupChanged notes that the Sonos room's group has changed. A session that had to
// wait goes on; one of a room that joins others who play already leaves it at that.
func (p *Player) groupChanged(joinsPlaying bool) {
	if joinsPlaying {
		p.step(eventTakenOver, "the group that the room has joined plays for another sender")
		p.options.Bridge.PauseSender("its room has joined a group that plays")
		return
	}
	p.failures, p.regrouped = 0, time.Now()
	p.step(eventRetryNow, "its group has changed")
}

// stoppedByRegrouping starts anew after a stop that the change of its group has
// caused. It reports false for any other stop.
func (p *Player) stoppedByRegrouping() bool {
	if time.Since(p.regrouped) >= regroupWithin {
		return false
	}
	p.regrouped = time.Time{}
	p.step(eventFailed, "the speaker stopped as its group has changed")
	p.failures = 0
	p.step(eventRetryNow, "its group has changed")
	return true
}
