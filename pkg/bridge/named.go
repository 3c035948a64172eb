package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"
)

// lookAgainNamed is the longest pause between two looks at a description that
// the user named: its speaker was perhaps switched on just now, and nothing else
// tells.
const lookAgainNamed = time.Minute

// errNoRenderer is a reason to look again at what the user named as a speaker.
var errNoRenderer = errors.New("no renderer is described there")

// name adds a LOCATION that is looked at though no answer brings it, for ever.
func (p *places) name(location string) error {
	u, err := url.Parse(location)
	if err != nil {
		return fmt.Errorf("bridge: named description: %w", err)
	}
	host, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return fmt.Errorf("bridge: named description: %w", err)
	}
	p.all[location] = &place{named: host.Unmap()}
	return nil
}

func (p *places) isNamed(location string) bool {
	pl := p.all[location]
	return pl != nil && pl.named.IsValid()
}

// due claims the named LOCATIONs that are to be looked at now, with their hosts.
func (p *places) due(now time.Time) map[string]netip.Addr {
	due := make(map[string]netip.Addr)
	for location, pl := range p.all {
		if pl.named.IsValid() && pl.claim(now) {
			due[location] = pl.named
		}
	}
	return due
}

// failedFirst reports whether a look at a named LOCATION has failed that did not
// fail before: once for a row of failures.
func (p *places) failedFirst(location string) bool {
	return p.isNamed(location) && p.all[location].failures == 1
}

// lookAtNamed describes what the user named and what is not known yet. The host
// of the URL stands for the one that answered: it may be in another network.
func (m *Manager) lookAtNamed(ctx context.Context, group *errgroup.Group, known *places, now time.Time) {
	for location, host := range known.due(now) {
		m.look(ctx, group, location, host)
	}
}

// lookAtRemembered describes, at the start, speakers where they were when they
// played last: they are back before a search has found them, and where multicast
// is lost.
func (m *Manager) lookAtRemembered(ctx context.Context, group *errgroup.Group, known *places, now time.Time) {
	for _, place := range m.options.Memory.Places() {
		if known.again(place.Location, now) {
			m.look(ctx, group, place.Location, place.From)
		}
	}
}

// described notes the outcome of a look. Of a named speaker that is not where it
// should be the log has the details; the monitor says that something is wrong.
func (m *Manager) described(known *places, f finding, now time.Time) {
	if f.err == nil && len(f.targets) == 0 && known.isNamed(f.location) {
		f.err = errNoRenderer
	}
	known.described(f, now)
	if m.at(f.location) == 0 && known.failedFirst(f.location) {
		m.log.Debug().Err(f.err).Str("location", f.location).
			Msg("a speaker named in BREEZEWAY_DEVICES is not reached; it is tried again, at least once a minute")
	}
}
