package mdns

import (
	"context"
	"sync"
)

// A Responder publishes services until its Run ends.
type Responder struct {
	opts   Options
	listen func(family, uint16) (conn, error) // replaced in tests
	wakeC  chan struct{}                      // capacity 1: the published services changed

	mu        sync.Mutex // guards all below, and the fields of Publication that say so
	published []*Publication
	stats     Stats
}

// Stats is what a Responder has done and how it stands.
type Stats struct {
	IPv4, IPv6   PortState
	Host         string // the host's name now, with ".local"
	Interfaces   int    // that it works on
	Services     int    // that are published
	Established  int    // of these: known to be ours alone
	Received     uint64 // packets, without our own
	Malformed    uint64 // packets that could not be read
	Sent         uint64 // packets
	SendFailures uint64
	Renames      uint64 // after conflicts
}

// New makes a Responder; Run starts it.
func New(opts Options) *Responder {
	if opts.Port == 0 {
		opts.Port = Port
	}
	return &Responder{opts: opts, listen: listen, wakeC: make(chan struct{}, 1)}
}

// Run serves until ctx ends, then takes back all services, which lasts less than
// a second, and returns nil. A port that is held by another program does not end
// it: it tries again every 30 s.
func (r *Responder) Run(ctx context.Context) error {
	e := newEngine(r)
	e.run(ctx)
	return e.close()
}

// Stats is a copy of the counters.
func (r *Responder) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stats
}

func (r *Responder) wake() {
	select {
	case r.wakeC <- struct{}{}:
	default:
		// It is about to look already
	}
}
