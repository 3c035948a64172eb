package fleet

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
)

// surveyEvery is how often the roster is gone through for speakers that went silent.
const surveyEvery = 5 * time.Second

// errNoRenderer is a reason to look again at what the user named as a speaker.
var errNoRenderer = errors.New("no renderer is described there")

// A loop is one run of the Manager: it owns all that is known of the network.
type loop struct {
	options   *Options
	ctx       context.Context
	tasks     *errgroup.Group
	inbox     *inbox
	search    func() // searches now
	inspector *inspector
	launcher  *launcher
	leftOut   *atomic.Pointer[[]netip.Addr]
	slots     chan struct{} // one for each description that may be fetched at once
	log       zerolog.Logger

	known  *locations
	roster map[string]*speaker // by UDN
	rooms  *sonosRooms
	groups *groups
}

func newLoop(ctx context.Context, tasks *errgroup.Group, m *Manager) *loop {
	l := &loop{
		options: &m.options, ctx: ctx, tasks: tasks, inbox: &m.inbox, search: m.searcher.Search,
		inspector: m.inspector, leftOut: &m.leftOut, log: m.options.Log,
		slots: make(chan struct{}, describers),
		known: newLocations(), roster: make(map[string]*speaker),
	}
	l.launcher = &launcher{
		options: l.options, ctx: ctx, tasks: tasks, directory: m.directory, failedC: m.inbox.failedC, lostC: m.inbox.lostC,
	}
	l.rooms = &sonosRooms{
		households: m.households, players: make(map[sonos.UUID]*zonePlayer), inspect: m.inspector, look: l.look, log: l.log,
	}
	l.groups = newGroups(m.options.Groups, l.launcher, m.inspector, l.log)
	return l
}

func (l *loop) run() error {
	for _, url := range l.options.Descriptions {
		if err := l.known.name(url); err != nil {
			return err
		}
	}
	l.lookAtNamed(time.Now())
	l.lookAtRemembered(time.Now())
	survey := time.NewTicker(surveyEvery)
	defer survey.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return nil
		case a := <-l.inbox.answerC:
			l.answer(a, time.Now())
		case n := <-l.inbox.noticeC:
			l.notice(n, time.Now())
		case f := <-l.inbox.foundC:
			now := time.Now()
			l.described(f, now)
			l.take(f, now)
			l.updateLeftOut()
		case <-l.inbox.topologyC:
			l.regroup(time.Now())
			l.updateLeftOut()
		case udn := <-l.inbox.lostC:
			l.lost(udn, time.Now())
		case udn := <-l.inbox.failedC:
			l.failed(udn)
		case now := <-survey.C:
			l.survey(now)
			l.lookAtNamed(now)
			l.regroup(now)
		}
	}
}

// answer takes a search answer: a sign of life, or something to look at.
func (l *loop) answer(a ssdp.Answer, now time.Time) {
	udns := l.known.devices(a.Location)
	for _, udn := range udns {
		switch s := l.roster[udn]; {
		case s == nil:
			// Not offered.
		case s.absent.IsZero():
			s.seen = now
		default:
			l.known.recheck(a.Location)
		}
	}
	if l.known.visit(a, now) {
		l.look(a.Location, a.From.Addr())
	}
}

// notice takes what a device announces as its answer to a search; but a device
// that says it leaves is looked at, since anybody can say so for it.
func (l *loop) notice(n ssdp.Notice, now time.Time) {
	if n.Kind != ssdp.NoticeByebye {
		l.answer(n.Answer(), now)
		return
	}
	s := l.roster[n.UDN]
	if s == nil || !s.absent.IsZero() {
		return
	}
	s.left = now
	l.check(s, now)
}

// lost looks for a speaker that its bridge cannot reach.
func (l *loop) lost(udn string, now time.Time) {
	if s := l.roster[udn]; s != nil {
		l.check(s, now)
		l.search()
	}
}

// look describes a LOCATION on a goroutine of its own.
func (l *loop) look(url string, from netip.Addr) {
	l.tasks.Go(func() error {
		select {
		case l.slots <- struct{}{}:
		case <-l.ctx.Done():
			return nil
		}
		defer func() { <-l.slots }()
		f := l.inspector.describe(l.ctx, url, from)
		select {
		case l.inbox.foundC <- f:
		case <-l.ctx.Done():
		}
		return nil
	})
}

// lookAtNamed describes what the user named and what is not known yet. The host
// of the URL stands for the one that answered: it may be in another network.
func (l *loop) lookAtNamed(now time.Time) {
	for url, host := range l.known.due(now) {
		l.look(url, host)
	}
}

// lookAtRemembered describes, at the start, speakers where they were when they
// played last: they are back before a search has found them, and where multicast
// is lost.
func (l *loop) lookAtRemembered(now time.Time) {
	for _, place := range l.options.Memory.Places() {
		if l.known.again(place.Location, now) {
			l.look(place.Location, place.From)
		}
	}
}

// described notes the outcome of a look. Of a named speaker that is not where it
// should be the log has the details; the monitor says that something is wrong.
func (l *loop) described(f finding, now time.Time) {
	if f.err == nil && len(f.found) == 0 && l.known.isNamed(f.location) {
		f.err = errNoRenderer
	}
	l.known.described(f, now)
	if l.speakersAt(f.location) == 0 && l.known.failedFirst(f.location) {
		l.log.Debug().Err(f.err).Str("location", f.location).
			Msg("a speaker named in BREEZEWAY_DEVICES is not reached; it is tried again, at least once a minute")
	}
}

// updateLeftOut takes up which hosts have renderers that are known and not offered:
// those that a rule leaves out, and Sonos players that are a part of a room.
func (l *loop) updateLeftOut() {
	hosts := append(l.known.leftOutHosts(), l.rooms.hiddenHosts()...)
	slices.SortFunc(hosts, netip.Addr.Compare)
	hosts = slices.Compact(hosts)
	l.leftOut.Store(&hosts)
}

// regroup follows a change of the Sonos households: rooms come and go, and play on
// another coordinator.
func (l *loop) regroup(now time.Time) {
	for uuid, p := range l.rooms.players {
		before := p.group
		room, offered := l.rooms.room(uuid, p, now)
		s := l.roster[p.found.UDN]
		switch {
		case s == nil && offered && !room.skip && !l.native(room.Settings, room.included, p.from.from):
			l.add(room, p.from)
		case s != nil && !offered:
			s.log.Info().Msg("the player is a part of another speaker now: it is not offered by itself")
			l.remove(s)
		case s != nil && offered && s.fingerprint != room.fingerprint:
			s.log.Info().Str("coordinator", room.Location).Msg("the room plays with others now, or by itself again")
			s.fingerprint = room.fingerprint
			s.bridge.GroupChanged(l.playsAlready(s))
			s.bridge.Attach(&room.Target)
			l.groups.update(room, true)
		case s != nil && offered && p.group != before:
			s.bridge.GroupChanged(false)
		}
	}
}

// playsAlready reports whether the coordinator of a room has the sound of another
// sender: who joins a group wants to hear what it plays.
func (l *loop) playsAlready(room *speaker) bool {
	for _, other := range l.roster {
		if other != room && other.fingerprint == room.fingerprint && other.bridge.Snapshot().Playing() {
			return true
		}
	}
	return false
}
