package rtsp

import (
	"net/netip"
	"sync"
)

// Stats counts what a Server has seen.
type Stats struct {
	Open      int    // connections now
	Accepted  uint64 // connections served, the open ones among them
	Refused   uint64 // connections answered 503
	Requests  uint64 // requests answered by a Handler
	Malformed uint64 // requests answered 4xx or 5xx by the server itself
}

// A roster counts the connections of a server and tells when it is full.
type roster struct {
	maxConns, maxPerRemote int

	mu       sync.Mutex // guards what follows
	counters Stats
	remotes  map[netip.Addr]int // open connections, none of them zero
}

func newRoster(maxConns, maxPerRemote int) *roster {
	return &roster{maxConns: maxConns, maxPerRemote: maxPerRemote, remotes: make(map[netip.Addr]int)}
}

// admit counts a new connection from remote and reports whether there is
// room for it. If so, leave must follow.
func (r *roster) admit(remote netip.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counters.Open >= r.maxConns || r.remotes[remote] >= r.maxPerRemote {
		r.counters.Refused++
		return false
	}
	r.counters.Open++
	r.counters.Accepted++
	r.remotes[remote]++
	return true
}

func (r *roster) leave(remote netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counters.Open--
	if r.remotes[remote]--; r.remotes[remote] == 0 {
		delete(r.remotes, remote)
	}
}

func (r *roster) answered() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counters.Requests++
}

func (r *roster) malformed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counters.Malformed++
}

func (r *roster) stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counters
}
