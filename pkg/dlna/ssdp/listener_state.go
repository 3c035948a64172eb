package ssdp

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A ListenerState is where a Listener stands, for log, page and doctor.
type ListenerState struct {
	Mode   settings.SSDPListen
	Method ListenMethod
	Since  time.Time // of Method
	// Err says why it is no better method of the mode's: what opening those came
	// to, or how the socket was lost. It wraps the kernel's error: EADDRINUSE
	// where a program does not share the port, EPERM without NET_RAW. Nil on
	// the best method.
	Err error
	// Joined are the interfaces that are listened on, by name.
	Joined []string
	// Failed holds those that could not be joined, by name; ENOBUFS means that
	// net.ipv4.igmp_max_memberships is too low.
	Failed map[string]error
}

// ListenerStats counts what a Listener heard since its start.
type ListenerStats struct {
	Notices    uint64 // handed to OnNotice
	Repeated   uint64 // the same once more
	Irrelevant uint64 // about devices that nobody searches for
	Malformed  uint64
	OffLink    uint64 // from another network
	Limited    uint64 // too many from one source, or too many devices
	Others     uint64 // no notices: searches, as a rule
}

// State returns where the Listener stands.
func (l *Listener) State() ListenerState {
	l.mu.Lock()
	defer l.mu.Unlock()
	state := l.state
	state.Joined = slices.Clone(state.Joined)
	state.Failed = maps.Clone(state.Failed)
	return state
}

// Stats returns the counts so far.
func (l *Listener) Stats() ListenerStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stats
}

func (l *Listener) count(change func(*ListenerStats)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.stats)
}

// publish makes the state visible, and logs what is new about it.
func (l *Listener) publish() {
	now := ListenerState{
		Mode:   l.options.Mode,
		Method: l.method,
		Since:  time.Now(),
		Err:    l.reason(),
		Failed: l.failed,
	}
	if l.current != nil {
		for _, i := range l.current.joined {
			now.Joined = append(now.Joined, i.Name)
		}
		slices.Sort(now.Joined)
	}
	before := l.State()
	if now.Method == before.Method {
		now.Since = before.Since
	}
	l.mu.Lock()
	l.state = now
	l.mu.Unlock()
	l.logMove(before, now)
	l.logJoins(before, now)
}

// reason joins the errors of the methods that are better than the present one.
func (l *Listener) reason() error {
	group, raw := l.refused[MethodGroup], l.refused[MethodRaw]
	switch {
	case l.method == MethodGroup:
		return nil
	case l.method == MethodRaw || raw == nil:
		return group
	case group == nil:
		return raw
	}
	return fmt.Errorf("%w; %w", group, raw)
}

func (l *Listener) logMove(before, now ListenerState) {
	if now.Method == before.Method && text(now.Err) == text(before.Err) {
		return
	}
	line := l.options.Log.Info().Stringer("mode", now.Mode).Stringer("from", before.Method).
		Stringer("to", now.Method).AnErr("reason", now.Err)
	port := l.options.Group.Port()
	switch now.Method {
	case MethodGroup:
		line.Msgf("listening to what speakers announce, sharing %d/UDP", port)
	case MethodRaw:
		line.Msgf("listening to what speakers announce, without holding %d/UDP", port)
	case MethodOff:
		line.Msgf("cannot listen to what speakers announce on %d/UDP: they are found by searching, and their leaving is noticed later; trying again every %v",
			port, retryEvery)
	}
}

func (l *Listener) logJoins(before, now ListenerState) {
	for name, err := range now.Failed {
		if text(before.Failed[name]) != text(err) {
			l.options.Log.Warn().Err(err).Str("interface", name).
				Msg("cannot listen to what speakers announce on this interface, searching goes on there")
		}
	}
	for name := range before.Failed {
		if slices.Contains(now.Joined, name) {
			l.options.Log.Info().Str("interface", name).Msg("listening to what speakers announce on this interface again")
		}
	}
}

// text is the error's text, "" without one: two errors are the same news when
// they read the same.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
