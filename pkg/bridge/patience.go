package bridge

import (
	"slices"
	"time"
)

// reserve is how much of what a renderer has to play is not waited away: it must
// get what comes then, and may tell what it has played half a second late.
const reserve = 600 * time.Millisecond

// patience is how long after its time a packet is waited for. The latency that was
// set is the least. While all renderers have more to play than that, nobody
// hears a longer wait: then it may be as long as the sender counts on between its
// wire and the ear, since it keeps its packets for so long, to send them again.
func patience(set, sender, held time.Duration) time.Duration {
	return max(set, min(sender-eager, held-reserve))
}

// hold notes how much an output's renderer has to play of what it got; 0 when that
// is not known.
func (p *pipeline) hold(o *output, held time.Duration) {
	counted := p.counted()
	p.mu.Lock()
	defer p.mu.Unlock()
	o.held = held
	p.waitLocked(counted)
}

// counted is what the sender counts on between its wire and the ear; 0: it did not
// say.
func (p *pipeline) counted() time.Duration {
	frames, _ := p.sender.Latency()
	return p.format.Duration(frames)
}

// waitLocked has packets waited for as all outputs allow, of a sender that counts on
// so much.
func (p *pipeline) waitLocked(counted time.Duration) {
	var held []time.Duration
	for _, c := range p.chains {
		for _, o := range c.outputs {
			held = append(held, o.held)
		}
	}
	least := time.Duration(0)
	if len(held) > 0 {
		least = slices.Min(held)
	}
	p.buffer.SetRetransmitWait(patience(p.latency-min(eager, p.latency), counted, least))
}
