package rtsp

import (
	"net/netip"
	"sync"
)

// Stats counts the connections and requests of a Server.
type Stats struct {
	Open      int    // connections now
	Accepted  uint64 // connections served, including the open ones
	Refused   uint64 // connections answered 503
	Displaced uint64 // connections ended to make room for others
	Requests  uint64 // requests answered by a Handler
	Malformed uint64 // requests answered 4xx or 5xx by the server itself
}

// A roster is the open connections of a server. It chooses the one to close when the
// server is full.
type roster struct {
	maxConns, maxPerRemote int

	mu       sync.Mutex // guards what follows
	counters Stats
	open     map[*conn]place
	remotes  map[netip.Addr]int // open connections, none of them zero
	events   uint64             // connections and requests so far
}

// A place is the activity of one connection.
type place struct {
	latest uint64 // its latest event, by number
	kept   bool   // not closed to make room for another
}

func newRoster(maxConns, maxPerRemote int) *roster {
	return &roster{
		maxConns: maxConns, maxPerRemote: maxPerRemote,
		open: make(map[*conn]place), remotes: make(map[netip.Addr]int),
	}
}

// admit counts a new connection and reports whether there is room for it. If so,
// leave must follow, and displaced, if any, has to be closed to make the room.
func (r *roster) admit(c *conn) (displaced *conn, admitted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	remote := c.peer.Remote.Addr()
	full := len(r.open) >= r.maxConns
	if full {
		displaced = r.quietestLocked()
	}
	if r.remotes[remote] >= r.maxPerRemote || full && displaced == nil {
		r.counters.Refused++
		return nil, false
	}
	if displaced != nil {
		r.counters.Displaced++
		r.leaveLocked(displaced)
	}
	r.counters.Accepted++
	r.remotes[remote]++
	r.events++
	r.open[c] = place{latest: r.events}
	return displaced, true
}

// quietestLocked is the connection without a request for longest, of those that may
// be closed; nil: none may.
func (r *roster) quietestLocked() (quietest *conn) {
	for c, p := range r.open {
		if !p.kept && (quietest == nil || p.latest < r.open[quietest].latest) {
			quietest = c
		}
	}
	return quietest
}

// leave removes a connection that admit added. A displaced one is removed already.
func (r *roster) leave(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.leaveLocked(c)
}

func (r *roster) leaveLocked(c *conn) {
	if _, here := r.open[c]; !here {
		return
	}
	delete(r.open, c)
	remote := c.peer.Remote.Addr()
	if r.remotes[remote]--; r.remotes[remote] == 0 {
		delete(r.remotes, remote)
	}
}

// answered counts a request of c and sets whether c is kept from now on.
func (r *roster) answered(c *conn, kept bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counters.Requests++
	r.events++
	if _, here := r.open[c]; here {
		r.open[c] = place{latest: r.events, kept: kept}
	}
}

func (r *roster) malformed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counters.Malformed++
}

func (r *roster) stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	stats := r.counters
	stats.Open = len(r.open)
	return stats
}
