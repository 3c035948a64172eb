// Package fleet keeps a bridge for each renderer on the network, and for each group
// of them that the user wants.
//
// The Manager searches and listens; its loop (loop.go) owns what is known: locations,
// the LOCATIONs that are looked at; the roster, the speakers that are offered
// (roster.go); sonosRooms, what Sonos players are to each other; groups. An inspector
// makes what was found ready to play, a launcher starts its bridge.
package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/dacp"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
)

const (
	// answerDepth bounds the search answers, and the notices, that wait to be
	// looked at; more are dropped, the next round brings them again.
	answerDepth = 256
	// describers is how many descriptions are fetched side by side: one dead
	// device must not hold up the others.
	describers = 8
)

// ErrNoSpeaker is returned for an id that no speaker has.
var ErrNoSpeaker = errors.New("no such speaker")

// A Manager keeps a bridge for each renderer on the network.
type Manager struct {
	options    Options
	searcher   *ssdp.Searcher
	listener   *ssdp.Listener
	households *sonos.Households
	inspector  *inspector
	directory  *directory
	inbox      inbox
	started    time.Time
	leftOut    atomic.Pointer[[]netip.Addr] // as in Snapshot
}

// inbox is what wakes the loop.
type inbox struct {
	answerC   chan ssdp.Answer
	noticeC   chan ssdp.Notice
	foundC    chan finding
	lostC     chan string   // UDN of a renderer that its bridge cannot reach
	failedC   chan string   // UDN of a speaker whose bridge ended with an error
	topologyC chan struct{} // a Sonos household has changed
}

// New makes a manager; nothing runs yet.
func New(options Options) *Manager {
	if options.Memory == nil {
		options.Memory, _ = quirk.OpenMemory("") // reads nothing, so cannot fail
	}
	m := &Manager{
		options:   options,
		directory: newDirectory(),
		started:   time.Now(),
		inspector: &inspector{
			client: options.Client, events: options.Events, baseURL: options.BaseURL, memory: options.Memory,
			settings: options.Settings, rules: options.Rules, log: options.Log,
		},
		inbox: inbox{
			answerC:   make(chan ssdp.Answer, answerDepth),
			noticeC:   make(chan ssdp.Notice, answerDepth),
			foundC:    make(chan finding),
			lostC:     make(chan string, describers),
			failedC:   make(chan string),
			topologyC: make(chan struct{}, 1),
		},
	}
	m.households = sonos.NewHouseholds(sonos.Options{
		Client:   options.Client,
		Events:   options.Events,
		Callback: m.inspector.callback,
		OnChange: func(sonos.Topology) { m.inbox.topologyChanged() },
		Log:      options.Log,
	})
	search := options.Search
	search.OnAnswer = m.inbox.answered
	m.searcher = ssdp.New(search)
	listen := options.Listen
	listen.OnNotice = m.inbox.noticed
	m.listener = ssdp.NewListener(listen)
	return m
}

// answered takes a search answer from the searcher.
func (i *inbox) answered(a ssdp.Answer) {
	select {
	case i.answerC <- a:
	default: // a flood; the devices answer again
	}
}

// noticed takes a notice from the listener.
func (i *inbox) noticed(n ssdp.Notice) {
	select {
	case i.noticeC <- n:
	default: // a flood; the searches find out as well
	}
}

// topologyChanged has the Sonos rooms looked through.
func (i *inbox) topologyChanged() {
	select {
	case i.topologyC <- struct{}{}:
	default: // it is to be done already
	}
}

// Run searches, listens, bridges and follows until ctx ends. Then every renderer
// that played has been stopped.
func (m *Manager) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return m.searcher.Run(ctx) })
	group.Go(func() error { return m.listener.Run(ctx) })
	group.Go(func() error { return m.households.Run(ctx) })
	group.Go(func() error { return newLoop(ctx, group, m).run() })
	return group.Wait()
}

// Snapshot shows all speakers and groups, ordered by name and then by identity.
func (m *Manager) Snapshot() Snapshot {
	s := Snapshot{Started: m.started, Listening: m.listener.State(), Search: m.searcher.Stats(), Announced: m.listener.Stats()}
	if hosts := m.leftOut.Load(); hosts != nil {
		s.LeftOut = *hosts
	}
	for udn, b := range m.directory.bridges() {
		speaker := b.Snapshot()
		speaker.UDN = udn
		s.Speakers = append(s.Speakers, speaker)
	}
	slices.SortFunc(s.Speakers, func(a, b bridge.Speaker) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.UDN, b.UDN))
	})
	return s
}

var commands = map[string]dacp.Command{
	"play": dacp.Play, "pause": dacp.Pause, "next": dacp.Next, "previous": dacp.Previous,
}

// Command queues a command for the sender that plays on a speaker: "play", "pause",
// "next" or "previous". The id is the speaker's raop.ID. It returns ErrNoSpeaker or
// bridge.ErrNoSender.
func (m *Manager) Command(id, command string) error {
	b := m.directory.byID(id)
	if b == nil {
		return ErrNoSpeaker
	}
	c, known := commands[command]
	if !known {
		return fmt.Errorf("command %q: want play, pause, next or previous", command)
	}
	return b.Command(c)
}

// SetVolume sets a speaker, from 0 to 1 on the scale of senders, and shows it to the
// sender that plays on it. It returns ErrNoSpeaker, or bridge.ErrVolumeFixed for one
// that stays as it is.
func (m *Manager) SetVolume(id string, level float64) error {
	b := m.directory.byID(id)
	if b == nil {
		return ErrNoSpeaker
	}
	return b.SetVolume(level)
}
