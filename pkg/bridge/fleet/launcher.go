package fleet

import (
	"context"
	"maps"
	"sync"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A directory lists the bridges that run, for whoever shows or steers them.
type directory struct {
	mu  sync.Mutex // guards all
	all map[string]*bridge.Bridge
}

func newDirectory() *directory { return &directory{all: make(map[string]*bridge.Bridge)} }

func (d *directory) set(udn string, b *bridge.Bridge) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all[udn] = b
}

func (d *directory) remove(udn string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.all, udn)
}

// bridges are all of them, by UDN.
func (d *directory) bridges() map[string]*bridge.Bridge {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.all)
}

// byID is the bridge with that raop.ID, or nil.
func (d *directory) byID(id string) *bridge.Bridge {
	for _, b := range d.bridges() {
		if b.ID().String() == id {
			return b
		}
	}
	return nil
}

// An offer is a bridge that runs, and what senders see of it.
type offer struct {
	udn         string
	bridge      *bridge.Bridge
	log         zerolog.Logger
	publication *mdns.Publication // nil before announce
	stop        context.CancelFunc
}

// A launcher starts bridges and announces them. Its methods are the loop's.
type launcher struct {
	options   *Options
	ctx       context.Context
	tasks     *errgroup.Group
	directory *directory
	failedC   chan<- string // gets the UDN of a speaker whose bridge ended with an error
	lostC     chan<- string // gets the UDN of a renderer that its bridge cannot reach
}

// launch starts a bridge, which is announced when its owner says so.
func (l *launcher) launch(o bridge.Options, udn string) (*offer, error) {
	b, err := bridge.New(o)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(l.ctx)
	started := &offer{udn: udn, bridge: b, log: o.Log, stop: stop}
	l.directory.set(udn, b)
	l.tasks.Go(func() error { return l.supervise(ctx, started) })
	return started, nil
}

// supervise runs one bridge: its fault ends it alone.
func (l *launcher) supervise(ctx context.Context, o *offer) error {
	err := o.bridge.Run(ctx)
	if err == nil || ctx.Err() != nil {
		return nil
	}
	o.log.Error().Err(err).Msg("speaker or group failed; it is set up anew")
	select {
	case l.failedC <- o.udn:
	case <-ctx.Done():
	}
	return nil
}

// announce shows an offer to senders under the name of its bridge.
func (l *launcher) announce(o *offer, password bool) {
	o.publication = l.options.Publish(mdns.Service{
		Instance: raop.Instance(o.bridge.ID(), o.bridge.Name()),
		Type:     raop.ServiceType,
		Port:     o.bridge.Port(),
		TXT:      raop.TXT(raop.TXTOptions{Model: Model, Firmware: l.options.Firmware, Password: password}),
	})
}

// withdraw takes an offer off the senders' lists and ends its bridge.
func (l *launcher) withdraw(o *offer) {
	o.publication.Withdraw()
	o.stop()
	l.directory.remove(o.udn)
}

// bridgeOptions are those of a speaker or a group.
func (l *launcher) bridgeOptions(name, udn string, s settings.Speaker) bridge.Options {
	receiver := l.options.Receiver
	receiver.ID = raop.IDFromUDN(udn)
	receiver.Password, receiver.Takeover = s.Password.Reveal(), s.Takeover
	return bridge.Options{
		Name:        name,
		Receiver:    receiver,
		Latency:     s.Latency,
		Streams:     l.options.Streams,
		BaseURL:     l.options.BaseURL,
		Memory:      l.options.Memory,
		Remote:      l.options.Remote,
		ArtworkPath: l.options.ArtworkPath,
		OnLost:      l.lost,
	}
}

// lost is called by a bridge whose renderer does not answer.
func (l *launcher) lost(udn string) {
	select {
	case l.lostC <- udn:
	default: // the survey finds it in any case
	}
}
