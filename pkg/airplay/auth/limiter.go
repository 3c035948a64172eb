// Package auth checks the password of a sender: it has the digest of an RTSP
// request and a limit on wrong passwords. It does not depend on sessions, so all
// kinds of AirPlay sessions can share it.
package auth

import (
	"net/netip"
	"sync"
	"time"
)

const (
	freeAttempts   = 3                // wrong passwords before a peer has to wait
	firstPenalty   = time.Second      // doubles with each further wrong password
	longestPenalty = time.Minute      // the longest that a user has to wait
	forgetAfter    = 10 * time.Minute // without a wrong password
	admittedFor    = 24 * time.Hour   // since the last use
	maxAdmitted    = 256              // the one used longest ago is dropped for a new one
	maxFailing     = 256              // the one whose penalty ends first is dropped for a new one
	// All unknown clients together may try ten wrong passwords at once, and one
	// more after each sharedInterval.
	sharedInterval = 6 * time.Second
	sharedPeriod   = 10 * sharedInterval
	// subnetBits is the part of a global IPv6 address that its host cannot choose.
	subnetBits = 64
)

// A Limiter slows down the guessing of a password: it remembers which clients
// sent the right one and which sent wrong ones. The zero value is ready for use,
// by several goroutines at once.
//
// After a few wrong passwords a peer has to wait: until then its passwords are
// rejected without being compared, on all of its connections. A peer is an IPv4 or
// link-local address, or a whole IPv6 subnet, since a host can use any address in
// its subnet. An attacker can have many addresses and subnets, so all unknown
// clients also share a rate limit.
//
// A program that sent the password is admitted on later connections without it:
// PulseAudio sends it once, when its sink is loaded, and not on the connection on
// which it plays, which may be opened hours later. The wrong passwords of others,
// those in its own subnet included, do not affect an admitted client.
//
// The cost: while somebody guesses passwords, a correct first login of an unknown
// client may be rejected by the shared limit and must be retried.
type Limiter struct {
	mu             sync.Mutex // guards what follows
	admitted       map[netip.Addr]admission
	failing        map[netip.Prefix]failures
	sharedRefilled time.Time // when the shared limit is full again; each wrong password moves it on
}

type admission struct {
	userAgent string
	until     time.Time
}

// failures are the wrong passwords of one peer.
type failures struct {
	count   int // since the last right one
	latest  time.Time
	blocked time.Time // passwords are rejected unseen until then
}

// Allows reports whether a password from peer should be compared at all.
func (l *Limiter) Allows(peer netip.Addr, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Before(l.failing[l.keyLocked(peer, now)].blocked) {
		return false
	}
	return l.isAdmittedLocked(peer, now) || l.sharedRefilled.Sub(now) <= sharedPeriod-sharedInterval
}

// IsAdmitted reports whether this program on peer sent the right password within
// the last 24 hours.
func (l *Limiter) IsAdmitted(peer netip.Addr, userAgent string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.isAdmittedLocked(peer, now) && l.admitted[peer].userAgent == userAgent
}

// Admit records that a program on peer sent the right password, or was admitted
// before and has connected again.
func (l *Limiter) Admit(peer netip.Addr, userAgent string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.failing, l.keyLocked(peer, now)) // first: once admitted, the peer has another key
	if l.admitted == nil {
		l.admitted = make(map[netip.Addr]admission)
	}
	makeRoom(l.admitted, peer, maxAdmitted, func(a admission) time.Time { return a.until })
	l.admitted[peer] = admission{userAgent: userAgent, until: now.Add(admittedFor)}
}

// Fail records a wrong password from peer. It returns how long peer is blocked for
// its own wrong passwords.
func (l *Limiter) Fail(peer netip.Addr, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.isAdmittedLocked(peer, now) {
		if l.sharedRefilled.Before(now) {
			l.sharedRefilled = now
		}
		l.sharedRefilled = l.sharedRefilled.Add(sharedInterval)
	}
	key := l.keyLocked(peer, now)
	f := l.failing[key]
	if now.Sub(f.latest) > forgetAfter {
		f.count = 0
	}
	f.count++
	f.latest = now
	wait := penalty(f.count)
	f.blocked = now.Add(wait)
	if l.failing == nil {
		l.failing = make(map[netip.Prefix]failures)
	}
	makeRoom(l.failing, key, maxFailing, func(f failures) time.Time { return f.blocked })
	l.failing[key] = f
	return wait
}

// penalty is how long a peer is blocked after this many wrong passwords.
func penalty(wrong int) time.Duration {
	if wrong < freeAttempts {
		return 0
	}
	doublings := min(wrong-freeAttempts, 30) // 2^30 s is beyond any bound below
	return min(firstPenalty<<doublings, longestPenalty)
}

func (l *Limiter) isAdmittedLocked(peer netip.Addr, now time.Time) bool {
	return now.Before(l.admitted[peer].until)
}

// keyLocked is the key of peer in failing: its own address where it is admitted,
// else that of its subnet.
func (l *Limiter) keyLocked(peer netip.Addr, now time.Time) netip.Prefix {
	own := netip.PrefixFrom(peer, peer.BitLen())
	if l.isAdmittedLocked(peer, now) || peer.Is4() || peer.IsLinkLocalUnicast() {
		return own
	}
	return netip.PrefixFrom(peer, subnetBits).Masked()
}

// makeRoom keeps a map within most entries when key is about to be stored: it
// deletes the entry with the earliest time.
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
