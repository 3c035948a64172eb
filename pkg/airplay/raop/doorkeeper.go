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
	maxAdmitted    = 256              // the one used longest ago gives way
	maxGuessers    = 256              // the one that is heard again first gives way
	// All strangers together may give ten wrong passwords at once, and one more
	// after each pause.
	strangersPause  = 6 * time.Second
	strangersPeriod = 10 * strangersPause
	// subnetBits is the part of a global IPv6 address that its host cannot choose.
	subnetBits = 64
)

// A doorkeeper remembers who gave the right password and who gave wrong ones.
//
// A peer that guesses is not heard for a while: its answers count as wrong
// unseen, on however many connections they come. An IPv6 host has addresses
// without end, so all of its subnet are one peer, and as link-local ones and
// whole subnets may be taken freely too, strangers share a number of guesses.
//
// The program that gave the password is admitted on later connections without
// it: PulseAudio gives it once, when its sink is loaded, and says nothing of it
// on the connection on which it plays, which may be hours later. Where one was
// admitted, what strangers do, its neighbours in the subnet among them, is no
// hindrance. The price is paid by who never gave the password: while somebody
// guesses, the guesses of strangers are used up most of the time, the right answer
// goes unseen as well, and its user may have to try several times.
type doorkeeper struct {
	mu       sync.Mutex // guards what follows
	admitted map[netip.Addr]admission
	guessers map[netip.Prefix]guesser
	refilled time.Time // when strangers have all their guesses again; each that is wrong moves it on
}

type admission struct {
	userAgent string
	until     time.Time
}

type guesser struct {
	wrong  int       // passwords since the last right one
	latest time.Time // of them
	barred time.Time // no answer is looked at before
}

// hears reports whether an answer of peer should be looked at.
func (d *doorkeeper) hears(peer netip.Addr, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.Before(d.guessers[d.nameLocked(peer, now)].barred) {
		return false
	}
	return d.isAdmittedLocked(peer, now) || d.refilled.Sub(now) <= strangersPeriod-strangersPause
}

// knows reports whether this program on peer gave the right password before.
func (d *doorkeeper) knows(peer netip.Addr, userAgent string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.isAdmittedLocked(peer, now) && d.admitted[peer].userAgent == userAgent
}

// right notes that a program on peer is in, by the password or because it is
// known.
func (d *doorkeeper) right(peer netip.Addr, userAgent string, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.guessers, d.nameLocked(peer, now)) // the name of its guesses: being in, it has another
	if d.admitted == nil {
		d.admitted = make(map[netip.Addr]admission)
	}
	makeRoom(d.admitted, peer, maxAdmitted, func(a admission) time.Time { return a.until })
	d.admitted[peer] = admission{userAgent: userAgent, until: now.Add(admittedFor)}
}

// wrong notes a wrong password and gives the time for which peer is not heard
// because of those that it gave itself.
func (d *doorkeeper) wrong(peer netip.Addr, now time.Time) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.isAdmittedLocked(peer, now) {
		if d.refilled.Before(now) {
			d.refilled = now
		}
		d.refilled = d.refilled.Add(strangersPause)
	}
	name := d.nameLocked(peer, now)
	g := d.guessers[name]
	if now.Sub(g.latest) > forgetAfter {
		g.wrong = 0
	}
	g.wrong++
	g.latest = now
	wait := penalty(g.wrong)
	g.barred = now.Add(wait)
	if d.guessers == nil {
		d.guessers = make(map[netip.Prefix]guesser)
	}
	makeRoom(d.guessers, name, maxGuessers, func(g guesser) time.Time { return g.barred })
	d.guessers[name] = g
	return wait
}

func penalty(wrong int) time.Duration {
	if wrong < freeGuesses {
		return 0
	}
	doublings := min(wrong-freeGuesses, 30) // 2^30 s is beyond any bound below
	return min(firstPenalty<<doublings, longestPenalty)
}

func (d *doorkeeper) isAdmittedLocked(peer netip.Addr, now time.Time) bool {
	return now.Before(d.admitted[peer].until)
}

// nameLocked is under which name peer guesses: under its own where it was
// admitted, else under that of its subnet.
func (d *doorkeeper) nameLocked(peer netip.Addr, now time.Time) netip.Prefix {
	own := netip.PrefixFrom(peer, peer.BitLen())
	if d.isAdmittedLocked(peer, now) || peer.Is4() || peer.IsLinkLocalUnicast() {
		return own
	}
	return netip.PrefixFrom(peer, subnetBits).Masked()
}

// makeRoom keeps a map within most entries when one named key is to be stored:
// the one whose time is first gives way.
func makeRoom[K comparable, V any](m map[K]V, key K, most int, timeOf func(V) time.Time) {
	if _, known := m[key]; known || len(m) < most {
		return
	}
	var first K
	var at time.Time
	for k, v := range m {
		if t := timeOf(v); at.IsZero() || t.Before(at) {
			first, at = k, t
		}
	}
	delete(m, first)
}
