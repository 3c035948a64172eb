package bridge

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
)

// outcome handles the end of a Play; that of a stream which has ended says
// nothing about the one that plays.
func (p *player) outcome(serial int, err error) {
	if serial != p.serial || p.stream == nil {
		return
	}
	if err == nil {
		p.proof.accepted = time.Now()
		return
	}
	if e := refusal(err, p.failures); e != quirk.EvidenceNone && p.unfit(e) {
		return
	}
	p.bridge.lost(p.udn)
	p.step(eventFailed, err.Error())
}

// lookAt looks for evidence that the renderer plays.
func (p *player) lookAt(now time.Time) {
	if p.stream == nil || p.target == nil {
		return
	}
	p.proof.look(p.stream.Stats(), now)
	if p.proof.done {
		p.lookAgain(now)
		return
	}
	plays, failed := p.proof.judge(now)
	switch {
	case plays:
		p.proven()
		p.look.Reset(aliveEvery)
		return
	case failed == quirk.EvidenceNone:
	case !p.unfit(failed):
		p.step(eventFailed, failed.String()+": all ways to play on it were tried")
	}
	p.look.Reset(proofEvery)
}

// lookAgain looks after a renderer that has played. One that leaves its stream
// may have restarted elsewhere: it is looked for.
func (p *player) lookAgain(now time.Time) {
	p.look.Reset(aliveEvery)
	if p.paused {
		return
	}
	if p.proof.left.Equal(now) {
		p.bridge.lost(p.udn)
	}
	if why := p.proof.ended(now); why != "" {
		p.step(eventFailed, why)
	}
}

// proven keeps the way that plays.
func (p *player) proven() {
	p.proof.done = true
	t := p.target
	t.formats.Succeed()
	p.fit = t.formats.Current()
	p.update(func(s *playerStatus) { s.proven = true })
	where := quirk.Place{Location: t.location(), From: t.address}
	if err := p.bridge.options.Memory.Remember(t.udn, t.formats.Current(), where, time.Now()); err != nil {
		p.log.Warn().Err(err).Msg("what the speaker takes cannot be kept: what it tells of itself is too long or damaged")
	}
}

// unfit starts again in the next way after one that the renderer does not take.
// It reports false when there is none left to try at once.
func (p *player) unfit(e quirk.Evidence) bool {
	before := p.target.formats.Current()
	way, again := p.target.formats.Fail(e)
	if !again {
		return false
	}
	p.log.Info().Stringer("evidence", e).Stringer("way", before).Stringer("next", way).
		Msg("the speaker does not take this stream: another way is tried")
	p.step(eventFormatRejected, e.String())
	return true
}
