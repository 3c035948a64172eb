package bridge

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

const (
	// suspectAfter is how long a speaker may be silent before it is looked at:
	// more than the longest pause between two search rounds.
	suspectAfter = 150 * time.Second
	// absentAfter is how many looks in a row must fail. One is lost to Wi-Fi.
	absentAfter = 2
	// maxSpeakers bounds the bridges: each takes a port and a name on the LAN.
	maxSpeakers = 128
)

// Model is what senders are told (am): they pick an icon and quirks by it.
const Model = "Breezeway1,1"

// Announced reports whether a service is a speaker that this program, or
// another one of its kind, announced.
func Announced(s query.Service) bool { return slices.Contains(s.TXT, "am="+Model) }

// An entry is one speaker of the roster. The manager's loop alone writes it.
type entry struct {
	udn         string
	bridge      *Bridge
	publication *mdns.Publication
	stop        context.CancelFunc // ends the bridge
	location    string
	from        netip.Addr
	other       string // LOCATION by which the same device was found too; empty: none
	otherFrom   netip.Addr
	fingerprint string    // of what is attached
	seen        time.Time // last sign of life
	suspect     bool      // look at it at once
	left        time.Time // when it last said that it leaves
	checks      int       // looks in a row that failed
	absent      time.Time // since when it is gone; zero: it is there
	ruled       rule.Settings
	settings    settings.Speaker
	included    bool // by a rule
}

// take turns the outcome of a look into speakers that come, stay or leave.
func (m *Manager) take(ctx context.Context, group *errgroup.Group, known *places, f finding, now time.Time) {
	found := make(map[string]bool)
	for _, described := range f.targets {
		t, offered := m.meet(ctx, group, described, f, known.household(f.location), now)
		if !offered {
			continue
		}
		e := m.ruleAnew(t, f)
		if t.skip || m.native(t.settings, t.included, f.from) {
			found[t.udn] = e != nil && e.location == f.location // a sender has it still
			continue
		}
		found[t.udn] = true
		switch {
		case e == nil:
			m.add(ctx, group, t, f)
		case e.location == f.location || e.doubtful():
			m.keep(ctx, group, e, t, f, now)
		default: // the same device by another way, or gone there from where it was
			e.other, e.otherFrom = f.location, f.from
			m.check(ctx, group, known, e, now)
		}
	}
	if f.err != nil && m.at(f.location) == 0 {
		m.log.Debug().Err(f.err).Str("location", f.location).Msg("a device could not be described; it is tried again later")
	}
	for _, e := range m.roster {
		if e.location == f.location && !found[e.udn] {
			m.miss(e, f.err, now)
			m.lookElsewhere(ctx, group, known, e, now)
		}
	}
}

// ruleAnew gives the speaker that t is, or nil: it is not known, or it was taken
// off the list since rules say something else about it than before, which go by
// names and addresses. On one that a sender has they hold from the first look after it.
func (m *Manager) ruleAnew(t *target, f finding) *entry {
	e := m.roster[t.udn]
	if e == nil || e.location != f.location && !e.doubtful() || e.ruled == t.ruled || m.inUse(e) {
		return e
	}
	e.bridge.log.Info().Str("name", t.name).Stringer("rules", t.ruled).
		Msg("other rules hold for the speaker than before: it is set up anew")
	m.remove(e)
	return nil
}

// inUse reports whether a sender has a speaker, or a group that it is in.
func (m *Manager) inUse(e *entry) bool {
	for _, g := range m.groups {
		if _, member := g.members[e.udn]; member && g.bridge.occupied() {
			return true
		}
	}
	return e.bridge.occupied()
}

// native reports whether a speaker is left out because it speaks AirPlay
// itself.
func (m *Manager) native(s settings.Speaker, included bool, addr netip.Addr) bool {
	return s.SkipNative && !included && m.options.Native != nil && m.options.Native(addr)
}

// doubtful reports whether a speaker may not be where it was.
func (e *entry) doubtful() bool { return e.suspect || e.checks > 0 || !e.absent.IsZero() }

// check has a speaker looked at now, and again by the surveys until it is found.
func (m *Manager) check(ctx context.Context, group *errgroup.Group, known *places, e *entry, now time.Time) {
	e.suspect = true
	if known.again(e.location, now) {
		m.look(ctx, group, e.location, e.from)
	}
}

// lookElsewhere looks for a speaker that is not where it was.
func (m *Manager) lookElsewhere(ctx context.Context, group *errgroup.Group, known *places, e *entry, now time.Time) {
	if e.other != "" && known.again(e.other, now) {
		m.look(ctx, group, e.other, e.otherFrom)
	}
	m.searcher.Search()
}

// at counts the speakers at a LOCATION.
func (m *Manager) at(location string) int {
	n := 0
	for _, e := range m.roster {
		if e.location == location {
			n++
		}
	}
	return n
}

// keep notes that a speaker is there, and plays on it where it is now.
func (m *Manager) keep(ctx context.Context, group *errgroup.Group, e *entry, t *target, f finding, now time.Time) {
	back := !e.absent.IsZero()
	e.seen, e.checks, e.absent = now, 0, time.Time{}
	e.suspect = now.Sub(e.left) < surveyEvery // it may answer still, while it goes down
	m.rename(e, t.name)
	if !back && e.fingerprint == t.fingerprint {
		m.join(ctx, group, t, true) // groups go by names
		return
	}
	if e.location != f.location {
		e.other, e.otherFrom = e.location, e.from
	}
	e.location, e.from, e.fingerprint = f.location, f.from, t.fingerprint
	m.log.Info().Str("speaker", t.name).Str("location", f.location).Msg("speaker is back, or has moved")
	e.bridge.attach(t)
	m.join(ctx, group, t, false)
}

// rename offers a speaker by the name that it has now.
func (m *Manager) rename(e *entry, name string) {
	name = m.options.NameFormat(name)
	before := e.bridge.Name()
	if name == before {
		return
	}
	m.log.Info().Str("speaker", before).Str("name", name).Msg("speaker has a new name")
	e.bridge.rename(name)
	e.publication.Withdraw()
	e.publication = m.publish(e.bridge, name)
}

// publish announces a bridge under a name.
func (m *Manager) publish(b *Bridge, name string) *mdns.Publication {
	receiver := b.options.Receiver
	return m.options.Publish(mdns.Service{
		Instance: raop.Instance(receiver.ID, name),
		Type:     raop.ServiceType,
		Port:     b.Port(),
		TXT:      raop.TXT(raop.TXTOptions{Model: Model, Firmware: m.options.Firmware, Password: receiver.Password != ""}),
	})
}

// miss notes a look that failed; enough of them make a speaker absent.
func (m *Manager) miss(e *entry, err error, now time.Time) {
	e.checks++
	if e.checks < absentAfter || !e.absent.IsZero() {
		return
	}
	e.absent = now
	m.log.Warn().Err(err).Str("speaker", e.bridge.Name()).Dur("grace", m.options.Grace).
		Msg("speaker does not answer; it stays listed for the grace period")
	e.bridge.detach(e.udn)
	m.part(e.udn, false)
}

// add bridges a new speaker and announces it.
func (m *Manager) add(ctx context.Context, group *errgroup.Group, t *target, f finding) {
	if len(m.roster) >= maxSpeakers {
		m.log.Warn().Str("speaker", t.name).Int("limit", maxSpeakers).Msg("too many speakers: this one is left out")
		return
	}
	name := m.options.NameFormat(t.name)
	log := m.log.With().Str("speaker", name).Logger()
	options := m.bridgeOptions(name, t.udn, t.settings)
	options.Log = log
	b, err := New(options)
	if err != nil {
		log.Error().Err(err).Msg("speaker cannot be offered")
		return
	}
	bctx, stop := context.WithCancel(ctx)
	e := &entry{
		udn: t.udn, bridge: b, stop: stop, seen: time.Now(),
		location: f.location, from: f.from, fingerprint: t.fingerprint,
		ruled: t.ruled, settings: t.settings, included: t.included,
	}
	group.Go(func() error { return m.run(bctx, e) })
	b.attach(t)
	e.publication = m.publish(b, name)
	m.mu.Lock()
	m.roster[t.udn] = e
	m.mu.Unlock()
	log.Info().Str("model", t.model).Stringer("address", t.address).Uint16("rtsp", b.Port()).
		Stringer("codec", t.codec()).Msg("speaker found and offered to AirPlay senders")
	m.join(ctx, group, t, false)
}

// run supervises one bridge: its fault ends it alone.
func (m *Manager) run(ctx context.Context, e *entry) error {
	err := e.bridge.Run(ctx)
	if err == nil || ctx.Err() != nil {
		return nil
	}
	e.bridge.log.Error().Err(err).Msg("speaker failed; it is set up anew")
	select {
	case m.failedC <- e.udn:
	case <-ctx.Done():
	}
	return nil
}

// lost is told by a bridge whose renderer does not answer.
func (m *Manager) lost(udn string) {
	select {
	case m.lostC <- udn:
	default: // the survey finds it in any case
	}
}

// failed removes a speaker whose bridge ended; the next look brings it back.
func (m *Manager) failed(known *places, udn string) {
	if e := m.roster[udn]; e != nil {
		m.remove(e)
		known.recheck(e.location)
	}
	m.failedGroup(known, udn)
}

// seen notes a sign of life.
func (m *Manager) seen(udns []string, now time.Time) {
	for _, udn := range udns {
		if e := m.roster[udn]; e != nil && e.absent.IsZero() {
			e.seen = now
		}
	}
}

// survey looks at speakers that went silent and removes those gone for long.
func (m *Manager) survey(ctx context.Context, group *errgroup.Group, known *places, now time.Time) {
	search := false
	for _, e := range m.roster {
		gone := !e.absent.IsZero()
		switch {
		case m.native(e.settings, e.included, e.from) && !e.bridge.Snapshot().Playing():
			e.bridge.log.Info().Str("variable", "BREEZEWAY_SKIP_NATIVE").
				Msg("speaker speaks AirPlay itself: it is not offered a second time")
			m.remove(e)
			continue
		case gone && now.Sub(e.absent) > m.options.Grace:
			e.bridge.log.Info().Msg("speaker stayed away: it is taken off the list")
			m.remove(e)
			if uuid, ok := sonos.UUIDOf(e.udn); ok {
				delete(m.zonePlayers, uuid) // or regroup would offer it anew
			}
			continue
		case !gone && !e.suspect && now.Sub(e.seen) < suspectAfter:
			continue
		}
		search = true
		m.check(ctx, group, known, e, now)
	}
	if search {
		m.searcher.Search()
	}
}

// remove withdraws a speaker and ends its bridge.
func (m *Manager) remove(e *entry) {
	e.publication.Withdraw()
	e.stop()
	m.part(e.udn, true)
	m.mu.Lock()
	delete(m.roster, e.udn)
	m.mu.Unlock()
}
