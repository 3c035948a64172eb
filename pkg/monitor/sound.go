package monitor

import (
	"fmt"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
)

// In each window of a session not more than lossLimit may be missing.
const (
	lossWindow = 10 * time.Second
	lossLimit  = time.Second
)

// A sound is what was seen of what a speaker's sender sends: whether it arrives.
type sound struct {
	received           uint64    // packets at the last look
	concealed, starved uint64    // frames that did not come, at the window's beginning
	windowFrom         time.Time // zero: there is no session

	lost   time.Duration // in the last whole window, by packets that were lost
	silent time.Duration // in the last whole window, since nothing came at all
}

// follow takes up what a speaker's counters say now. Some senders stop sending as
// long before they end their session as they count on between wire and ear: a window
// is not closed while that may be so.
func (s sound) follow(of bridge.Speaker, now time.Time) sound {
	if !of.Playing() {
		return sound{}
	}
	received, concealed, starved := of.Jitter.Received, of.Jitter.ConcealedFrames, of.Jitter.StarvedFrames
	came := received != s.received
	s.received = received
	switch {
	case s.windowFrom.IsZero() || concealed < s.concealed || starved < s.starved:
		return sound{received: received, concealed: concealed, starved: starved, windowFrom: now}
	case now.Sub(s.windowFrom) < lossWindow:
		return s
	case !came && s.pauses(of):
		return s
	}
	return sound{
		received: received, concealed: concealed, starved: starved, windowFrom: now,
		lost:   audio.CD.Duration(int64(concealed - s.concealed)),
		silent: audio.CD.Duration(int64(starved - s.starved)),
	}
}

// pauses reports whether nothing but silence was there since the window's beginning,
// for no longer than a sender may stop before it ends.
func (s sound) pauses(of bridge.Speaker) bool {
	silent := audio.CD.Duration(int64(of.Jitter.StarvedFrames - s.starved))
	return of.Jitter.ConcealedFrames == s.concealed && silent > 0 && silent <= of.Sender.Latency+lossLimit
}

// conditions tells packets that the network loses from a sender that sends none.
func (s sound) conditions(of bridge.Speaker) []Condition {
	switch {
	case s.lost+s.silent <= lossLimit:
		return nil
	case s.silent > s.lost:
		return []Condition{{
			Kind: KindSenderSilent, Subject: of.Name,
			Seen: fmt.Sprintf("nothing came from the sender for %v of the last %v: silence is played", s.silent.Round(100*time.Millisecond), lossWindow),
			Do:   "See whether the sender still plays and is in the network; a phone on weak Wi-Fi stands still for seconds",
		}}
	}
	c := Condition{
		Kind: KindSoundLost, Subject: of.Name,
		Seen: fmt.Sprintf("%v of the last %v did not arrive from the sender", s.lost.Round(100*time.Millisecond), lossWindow),
		Do:   "Bring the sender nearer to its access point, or raise BREEZEWAY_LATENCY",
	}
	if of.Jitter.Deaf {
		c.Seen += "; it answers no requests for lost packets"
		c.Do = "Bring the sender nearer to its access point; let it be reached by UDP where a firewall is between"
	}
	return []Condition{c}
}
