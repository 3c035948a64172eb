package bridge

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/dacp"
)

// resumeFor is how long a sender may take to play again after play was pressed at
// a speaker: phones wake for it.
const resumeFor = 10 * time.Second

// expire ends the hold after a flush. Where it was a hand at the speaker that paused
// the sender, the speaker keeps its pause, and its play button its use.
func (p *player) expire() {
	switch {
	case p.state == StatePausedAtSpeaker:
		p.step(eventPauseTimeout, "play was pressed at the speaker, and the sender does not play")
	case p.paused:
		p.step(eventPausedAtBoth, "the speaker was paused at itself, and so has the sender")
	default:
		p.step(eventPauseTimeout, "nothing followed the flush")
	}
}

// resumed has the sender play again after play was pressed at the speaker.
func (p *player) resumed() {
	p.setPaused(false)
	p.proof.moved, p.proof.left = time.Now(), time.Time{} // it had no reason to fetch
	p.bridge.send(dacp.Play, "play was pressed at the speaker")
	if p.state == StatePausedAtSpeaker {
		p.hold.Reset(resumeFor)
	}
}

// pressed takes play that was pressed at the speaker after it had been stopped: the
// sender is to play again, or plays still.
func (p *player) pressed() {
	if p.state == StateConnected && p.sound != nil {
		p.bridge.send(dacp.Play, "play was pressed at the speaker")
	}
	p.step(eventPlayPressed, "play was pressed at the speaker")
}

// pauseSender tells the sender that its sound is not wanted here any more, unless
// others of its group play on.
func (p *player) pauseSender(why string) {
	for _, other := range p.bridge.members() {
		if other != p && other.sounds() {
			return
		}
	}
	p.bridge.send(dacp.Pause, why)
}
