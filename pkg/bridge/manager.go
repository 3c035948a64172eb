package bridge

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

const (
	// surveyEvery is how often the roster is gone through for speakers that
	// went silent.
	surveyEvery = 5 * time.Second
	// answerDepth bounds the search answers, and the notices, that wait to be
	// looked at; more are dropped, the next round brings them again.
	answerDepth = 256
	// describers is how many descriptions are fetched side by side: one dead
	// device must not hold up the others.
	describers = 8
)

// ManagerOptions are what every bridge is made from.
type ManagerOptions struct {
	Client *upnp.Client
	Search ssdp.Options         // OnAnswer is the manager's
	Listen ssdp.ListenerOptions // OnNotice is the manager's
	// Descriptions are URLs that are looked at whether a search brings them or
	// not: of speakers that the user named.
	Descriptions []string
	Publish      func(mdns.Service) *mdns.Publication
	Streams      *stream.Server
	// BaseURL is our HTTP port as peer reaches it, without a path.
	BaseURL func(peer netip.Addr) (string, error)
	// Events brings what renderers tell by themselves; nil: they are asked.
	Events renderer.Events
	// Remote gives the remote control of a sender, or an error where it takes
	// none; nil: nobody does.
	Remote func(raop.ClientInfo) (Remote, error)
	// Native reports whether the host with that address speaks AirPlay itself;
	// nil: not known.
	Native func(netip.Addr) bool
	// ArtworkPath is where a speaker's cover is served, another path for each
	// serial; nil: nowhere.
	ArtworkPath func(id raop.ID, serial uint64) string
	Memory      *quirk.Memory // of what renderers take; nil: one of its own

	Settings settings.Speaker // of all speakers
	Rules    rule.Rules       // for some of them
	Groups   rule.Groups

	Receiver   raop.Options // what all receivers share: ports, password
	NameFormat func(name string) string
	Firmware   string        // version shown to senders
	Grace      time.Duration // how long a speaker stays listed after it left
	Log        zerolog.Logger
}

// A Manager keeps a bridge for each renderer on the network.
type Manager struct {
	options  ManagerOptions
	log      zerolog.Logger
	searcher *ssdp.Searcher
	listener *ssdp.Listener
	answerC  chan ssdp.Answer
	noticeC  chan ssdp.Notice
	foundC   chan finding
	lostC    chan string // UDN of a renderer that its bridge cannot reach
	failedC  chan string // UDN of a speaker whose bridge ended with an error
	slots    chan struct{}
	started  time.Time

	households  *sonos.Households
	topologyC   chan struct{}              // a household has changed
	zonePlayers map[sonos.UUID]*zonePlayer // the loop's

	mu      sync.Mutex // guards below: written by the loop, read by Snapshot
	roster  map[string]*entry
	groups  []*groupEntry
	leftOut []netip.Addr // as in Snapshot; replaced, never changed
}

// NewManager makes a manager; nothing runs yet.
func NewManager(options ManagerOptions) *Manager {
	if options.Memory == nil {
		options.Memory, _ = quirk.OpenMemory("") // reads nothing, so cannot fail
	}
	m := &Manager{
		options: options,
		log:     options.Log,
		answerC: make(chan ssdp.Answer, answerDepth),
		noticeC: make(chan ssdp.Notice, answerDepth),
		foundC:  make(chan finding),
		lostC:   make(chan string, describers),
		failedC: make(chan string),
		slots:   make(chan struct{}, describers),
		started: time.Now(),
		roster:  make(map[string]*entry),

		topologyC:   make(chan struct{}, 1),
		zonePlayers: make(map[sonos.UUID]*zonePlayer),
	}
	m.households = sonos.NewHouseholds(sonos.Options{
		Client:   options.Client,
		Events:   options.Events,
		Callback: m.callback,
		OnChange: func(sonos.Topology) { signal(m.topologyC) },
		Log:      options.Log,
	})
	for _, g := range options.Groups {
		m.groups = append(m.groups, &groupEntry{group: g, members: make(map[string]string)})
	}
	search := options.Search
	search.OnAnswer = m.answered
	m.searcher = ssdp.New(search)
	listen := options.Listen
	listen.OnNotice = m.noticed
	m.listener = ssdp.NewListener(listen)
	return m
}

// answered takes a search answer from the searcher.
func (m *Manager) answered(a ssdp.Answer) {
	select {
	case m.answerC <- a:
	default: // a flood; the devices answer again
	}
}

// noticed takes a notice from the listener.
func (m *Manager) noticed(n ssdp.Notice) {
	select {
	case m.noticeC <- n:
	default: // a flood; the searches find out as well
	}
}

// Run searches, listens, bridges and follows until ctx ends. Then every renderer
// that played has been stopped.
func (m *Manager) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return m.searcher.Run(ctx) })
	group.Go(func() error { return m.listener.Run(ctx) })
	group.Go(func() error { return m.households.Run(ctx) })
	group.Go(func() error { return m.follow(ctx, group) })
	return group.Wait()
}

// follow is the loop that owns the roster.
func (m *Manager) follow(ctx context.Context, group *errgroup.Group) error {
	known := newPlaces()
	for _, location := range m.options.Descriptions {
		if err := known.name(location); err != nil {
			return err
		}
	}
	m.lookAtNamed(ctx, group, known, time.Now())
	m.lookAtRemembered(ctx, group, known, time.Now())
	survey := time.NewTicker(surveyEvery)
	defer survey.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case a := <-m.answerC:
			m.answer(ctx, group, known, a, time.Now())
		case n := <-m.noticeC:
			m.notice(ctx, group, known, n, time.Now())
		case f := <-m.foundC:
			m.described(known, f, time.Now())
			m.take(ctx, group, known, f, time.Now())
			m.noteLeftOut(known)
		case <-m.topologyC:
			m.regroup(ctx, group, time.Now())
			m.noteLeftOut(known)
		case udn := <-m.lostC:
			m.doubt(ctx, group, known, udn, time.Now())
		case udn := <-m.failedC:
			m.failed(known, udn)
		case now := <-survey.C:
			m.survey(ctx, group, known, now)
			m.lookAtNamed(ctx, group, known, now)
			m.regroup(ctx, group, now)
		}
	}
}

// answer notes a search answer: a sign of life, or something to look at.
func (m *Manager) answer(ctx context.Context, group *errgroup.Group, known *places, a ssdp.Answer, now time.Time) {
	udns := known.devices(a.Location)
	m.seen(udns, now)
	if m.anyAbsent(udns) {
		known.recheck(a.Location)
	}
	if known.visit(a, now) {
		m.look(ctx, group, a.Location, a.From.Addr())
	}
}

// notice takes what a device announces as its answer to a search; but a device
// that says it leaves is looked at, since anybody can say so for it.
func (m *Manager) notice(ctx context.Context, group *errgroup.Group, known *places, n ssdp.Notice, now time.Time) {
	if n.Kind != ssdp.NoticeByebye {
		m.answer(ctx, group, known, n.Answer(), now)
		return
	}
	e := m.roster[n.UDN]
	if e == nil || !e.absent.IsZero() {
		return
	}
	e.left = now
	m.check(ctx, group, known, e, now)
}

// doubt looks for a speaker that its bridge cannot reach.
func (m *Manager) doubt(ctx context.Context, group *errgroup.Group, known *places, udn string, now time.Time) {
	if e := m.roster[udn]; e != nil {
		m.check(ctx, group, known, e, now)
		m.searcher.Search()
	}
}

// anyAbsent reports whether one of the speakers is thought to be gone.
func (m *Manager) anyAbsent(udns []string) bool {
	for _, udn := range udns {
		if e := m.roster[udn]; e != nil && !e.absent.IsZero() {
			return true
		}
	}
	return false
}

// A finding is the outcome of one look at a LOCATION.
type finding struct {
	location string
	from     netip.Addr
	targets  []*target // the renderers described there, ready to play
	err      error
}

// look describes a LOCATION on a goroutine of its own.
func (m *Manager) look(ctx context.Context, group *errgroup.Group, location string, from netip.Addr) {
	group.Go(func() error {
		select {
		case m.slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		defer func() { <-m.slots }()
		f := m.describe(ctx, location, from)
		select {
		case m.foundC <- f:
		case <-ctx.Done():
		}
		return nil
	})
}

// Snapshot shows all speakers and groups, ordered by name and then by identity.
func (m *Manager) Snapshot() Snapshot {
	s := Snapshot{Started: m.started, Listening: m.listener.State(), Search: m.searcher.Stats(), Announced: m.listener.Stats(), LeftOut: m.leavesOut()}
	for udn, b := range m.bridges() {
		speaker := b.Snapshot()
		speaker.UDN = udn
		s.Speakers = append(s.Speakers, speaker)
	}
	slices.SortFunc(s.Speakers, func(a, b Speaker) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.UDN, b.UDN))
	})
	return s
}

// bridges are those of the speakers and groups now, by UDN.
func (m *Manager) bridges() map[string]*Bridge {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make(map[string]*Bridge, len(m.roster))
	for udn, e := range m.roster {
		all[udn] = e.bridge
	}
	for _, g := range m.groups {
		if g.bridge != nil {
			all[groupUDN+g.group.Name] = g.bridge
		}
	}
	return all
}
