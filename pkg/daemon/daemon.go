// Package daemon builds the whole bridge from its parts, by the user's configuration,
// and runs them: discovery, announcements, playback and the web page. It also builds
// the doctor, which runs inside the daemon (Background) or as a command (Examine).
//
// It translates package config into the options of the parts; no part reads the
// configuration itself.
package daemon

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/doctor"
	"github.com/breezeway-audio/breezeway/pkg/doctor/portstate"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/ports"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

// Options of a Daemon in addition to the user's configuration.
type Options struct {
	Version string // "1.4.0", for devices and senders
	Build   string // Version with revision and date of the build, for the page
	Network Network
	Doctor  bool // run the doctor in the background; it examines the host's real network
	Log     zerolog.Logger
}

// Network is where a daemon works when it is not on the LAN; the zero value is
// the LAN.
type Network struct {
	Interfaces []string       // instead of BREEZEWAY_INTERFACES
	Listen     netip.Addr     // for TCP and UDP; the zero Addr: all
	MDNSPort   uint16         // 0: 5353
	SSDPGroup  netip.AddrPort // the zero AddrPort: 239.255.255.250:1900
}

// A Daemon is the whole bridge.
type Daemon struct {
	config  *config.Config
	options Options
	log     zerolog.Logger

	listener      net.Listener
	watcher       *netif.Watcher
	responder     *mdns.Responder
	native        *query.Native
	streams       *stream.Server
	client        *upnp.Client
	subscriptions *upnp.Subscriptions
	memory        *quirk.Memory
	manager       *fleet.Manager
	monitor       *monitor.Monitor
	background    *doctor.Background // nil: the doctor does not run
	busy          *portstate.BusyLog
	named         []netip.Addr // the hosts in BREEZEWAY_DEVICES
	plan          []ports.Row
}

// New binds the HTTP port and makes the parts; nothing runs yet.
func New(c *config.Config, o Options) (*Daemon, error) {
	if o.Network.Interfaces == nil {
		o.Network.Interfaces = c.Interfaces
	}
	listener, err := listenHTTP(o.Network.Listen, c.HTTPPort, o.Log)
	if err != nil {
		return nil, err
	}
	d := &Daemon{
		config:   c,
		options:  o,
		log:      o.Log,
		listener: listener,
		watcher:  netif.NewWatcher(o.Network.Interfaces),
		busy:     portstate.NewBusyLog(o.Log),
		named:    distinctHosts(c.Devices),
		plan:     ports.Plan(PortSettings(c)),
	}
	d.responder = mdns.New(d.responderOptions())
	d.native = query.NewNative(d.nativeOptions())
	d.streams = stream.New(stream.ServerOptions{Log: d.partLog("stream")})
	d.client = newClient(o.Version, d.watcher)
	d.subscriptions = upnp.NewSubscriptions(d.client)
	managerOptions, err := d.managerOptions()
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	d.manager = fleet.New(managerOptions)
	if o.Doctor {
		d.background = d.newBackground()
	}
	d.monitor = monitor.New(monitor.Options{
		Snapshot: d.Snapshot,
		Holder:   portstate.Holder,
		Findings: d.findings,
		OnRaised: d.alarm,
		Log:      d.partLog("monitor"),
	})
	return d, nil
}

// Run runs the bridge until ctx ends. Then speakers are stopped while the stream
// server still answers them, because a speaker that loses its stream first reports an
// error. What was learned about speakers is saved last.
func (d *Daemon) Run(ctx context.Context) error {
	lastingCtx, stopLasting := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLasting()
	group, ctx := errgroup.WithContext(ctx)
	for _, t := range d.tasks() {
		group.Go(func() error { return t.Run(ctx) })
	}
	for _, t := range d.lastingTasks() {
		group.Go(func() error { return t.Run(lastingCtx) })
	}
	group.Go(func() error {
		defer stopLasting()
		return task{"speakers", d.manager.Run}.Run(ctx)
	})
	return group.Wait()
}

// tasks are the parts that end with the daemon's context.
func (d *Daemon) tasks() []task {
	list := []task{
		{"network interfaces", d.watcher.Run},
		{"mDNS responder", d.responder.Run},
		{"search for AirPlay speakers", d.native.Run},
		{"log of busy ports", d.busy.Run},
		{"monitor", d.monitor.Run},
	}
	if d.background != nil {
		list = append(list, task{"doctor", d.background.Run})
	}
	return list
}

// lastingTasks are the parts that end after the last speaker has been stopped.
func (d *Daemon) lastingTasks() []task {
	return []task{
		{"HTTP server", func(ctx context.Context) error {
			return stream.Serve(ctx, d.listener, d.handler(), d.streams.IsSpeaker, d.log)
		}},
		{"memory of speakers", func(ctx context.Context) error { return d.memory.Run(ctx, d.partLog("quirk")) }},
	}
}

// handler routes the requests to the HTTP port.
func (d *Daemon) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(stream.Prefix, d.streams)
	mux.Handle(upnp.NotifyPath, d.subscriptions)
	page := web.Options{
		Snapshot:   d.Snapshot,
		Conditions: d.monitor.Conditions,
		Control:    d.manager,
		Ports:      d.plan,
		Version:    d.options.Build,
		Names:      d.config.HTTPNames,
	}
	if d.background != nil {
		page.Doctor = d.background
	}
	mux.Handle("/", web.New(page))
	return mux
}

// Snapshot is the state of all speakers, of the network and of the ports.
func (d *Daemon) Snapshot() fleet.Snapshot {
	s := d.manager.Snapshot()
	for _, i := range d.watcher.Current() {
		s.Interfaces = append(s.Interfaces, i.Name)
	}
	s.HTTP = fleet.HTTPPort{Port: d.HTTPPort(), First: d.config.HTTPPort.First}
	s.MDNS = d.responder.Stats()
	s.UPnP = d.client.Stats()
	s.Named = d.named
	s.MemoryErr = d.memory.Err()
	return s
}

// HTTPPort is the port of the page, the API, the streams and the speakers' events.
func (d *Daemon) HTTPPort() uint16 { return portOf(d.listener) }

// Interfaces are the interfaces that are used now.
func (d *Daemon) Interfaces() []netif.Interface { return d.watcher.Current() }

// Control controls the speakers, as the page does.
func (d *Daemon) Control() web.Control { return d.manager }

// HasAirPlay reports whether a host was found to announce AirPlay itself.
func (d *Daemon) HasAirPlay(host netip.Addr) bool { return d.native.Has(host) }

// Doctor is the doctor in the background, nil without one.
func (d *Daemon) Doctor() *doctor.Background { return d.background }

// Close frees the HTTP port of a daemon that does not run.
func (d *Daemon) Close() error { return d.listener.Close() }

func (d *Daemon) partLog(name string) zerolog.Logger {
	return d.log.With().Str("part", name).Logger()
}
