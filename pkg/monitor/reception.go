package monitor

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
)

// At most lossLimit may be missing in each window of a session.
const (
	lossWindow = 10 * time.Second
	lossLimit  = time.Second
)

// A reception is how well a sender's sound arrives, measured in windows.
type reception struct {
	received           uint64    // packets at the last look
	concealed, starved uint64    // frames that did not arrive, at the beginning of the window
	windowFrom         time.Time // zero: there is no session

	lost   time.Duration // in the last whole window: sound of packets that were lost
	silent time.Duration // in the last whole window: sound that was missing since nothing arrived at all
}

// update notes the speaker's counters now. Some senders stop
// sending before they end their session, by as long as they expect sound to take
// from them to the ear: a window is not closed while that may be so.
func (r reception) update(s bridge.Speaker, now time.Time) reception {
	if !s.Playing() {
		return reception{}
	}
	received, concealed, starved := s.Jitter.Received, s.Jitter.ConcealedFrames, s.Jitter.StarvedFrames
	arrived := received != r.received
	r.received = received
	switch {
	case r.windowFrom.IsZero() || concealed < r.concealed || starved < r.starved:
		return reception{received: received, concealed: concealed, starved: starved, windowFrom: now}
	case now.Sub(r.windowFrom) < lossWindow:
		return r
	case !arrived && r.mayBeEnding(s):
		return r
	}
	return reception{
		received: received, concealed: concealed, starved: starved, windowFrom: now,
		lost:   audio.CD.Duration(int64(concealed - r.concealed)),
		silent: audio.CD.Duration(int64(starved - r.starved)),
	}
}

// mayBeEnding reports whether nothing has arrived since the beginning of the window, for
// no longer than a sender may stop sending before it ends its session.
func (r reception) mayBeEnding(s bridge.Speaker) bool {
	silent := audio.CD.Duration(int64(s.Jitter.StarvedFrames - r.starved))
	return s.Jitter.ConcealedFrames == r.concealed && silent > 0 && silent <= s.Sender.Latency+lossLimit
}

// conditions distinguish a sender that sends nothing from a network that loses
// packets.
func (r reception) conditions(s bridge.Speaker) []Condition {
	switch {
	case r.lost+r.silent <= lossLimit:
		return nil
	case r.silent > r.lost:
		return []Condition{senderSilent(s.Name, r.silent, lossWindow)}
	}
	return []Condition{soundLost(s.Name, r.lost, lossWindow, s.Jitter.IgnoresResends)}
}
