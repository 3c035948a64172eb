package raop

import (
	"net/netip"
	"sync"
	"time"
)

const (
	freeGuesses    = 3                // wrong passwords before a peer has to wait
	firstPenalty   = time.Second      // doubles with each further wrong password
	longestPenalty = time.Minute      // a sender's user waits no longer than this
	forgetAfter    = 10 * time.Minute // without a wrong password
	admittedFor    = 24 * time.Hour   // since the last use
	maxVisitors    = 256              // the one seen longest ago gives way
)

// A doorkeeper remembers by address who gave the right password and who gave
// wrong ones.
//
// A peer that guesses is not heard for a while: its answers count as wrong
// unseen, on however many connections they come.
//
// The program that gave the password is admitted on later connections without
// it: PulseAudio gives it once, when its sink is loaded, and says nothing of it
// on the connection on which it plays, which may be hours later.
type doorkeeper struct {
	mu       sync.Mutex // guards visitors
	visitors map[netip.Addr]visitor
}

type visitor struct {
	wrong     int // passwords since the last right one
	seen      time.Time
	barred    time.Time // no answer is looked at before
	admitted  time.Time // userAgent needs no password before
	userAgent string
}

// hears reports whether an answer of peer should be looked at.
func (d *doorkeeper) hears(peer netip.Addr, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !now.Before(d.visitors[peer].barred)
}

// knows reports whether this program on peer gave the right password before.
func (d *doorkeeper) knows(peer netip.Addr, userAgent string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.visitors[peer]
	return now.Before(v.admitted) && v.userAgent == userAgent
}

// right notes that a program on peer is in, by the password or because it is
// known.
func (d *doorkeeper) right(peer netip.Addr, userAgent string, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.noteLocked(peer, visitor{seen: now, admitted: now.Add(admittedFor), userAgent: userAgent})
}

// wrong notes a wrong password and gives the time for which peer is not heard.
func (d *doorkeeper) wrong(peer netip.Addr, now time.Time) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.visitors[peer]
	if now.Sub(v.seen) > forgetAfter {
		v.wrong = 0
	}
	v.wrong++
	v.seen = now
	wait := penalty(v.wrong)
	v.barred = now.Add(wait)
	d.noteLocked(peer, v)
	return wait
}

func penalty(wrong int) time.Duration {
	if wrong < freeGuesses {
		return 0
	}
	doublings := min(wrong-freeGuesses, 30) // 2^30 s is beyond any bound below
	return min(firstPenalty<<doublings, longestPenalty)
}

// noteLocked stores v and keeps the number of visitors bounded.
func (d *doorkeeper) noteLocked(peer netip.Addr, v visitor) {
	if d.visitors == nil {
		d.visitors = make(map[netip.Addr]visitor)
	}
	if _, known := d.visitors[peer]; !known && len(d.visitors) >= maxVisitors {
		delete(d.visitors, d.oldestLocked())
	}
	d.visitors[peer] = v
}

func (d *doorkeeper) oldestLocked() netip.Addr {
	var oldest netip.Addr
	for peer, v := range d.visitors {
		if !oldest.IsValid() || v.seen.Before(d.visitors[oldest].seen) {
			oldest = peer
		}
	}
	return oldest
}
