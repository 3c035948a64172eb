package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/browse"
	"github.com/breezeway-audio/breezeway/pkg/airplay/dacp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/doctor"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/ports"
	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

// stopWithin bounds a stop: after it the process ends whatever hangs.
const stopWithin = 4500 * time.Millisecond

// site is where a daemon works: the network as it is, or the demo's loopback.
type site struct {
	interfaces []string       // as BREEZEWAY_INTERFACES
	listen     netip.Addr     // for TCP and UDP; the zero Addr: all
	mdnsPort   uint16         // 0: 5353
	ssdpGroup  netip.AddrPort // the zero AddrPort: 239.255.255.250:1900
	examined   bool           // a doctor is in, who looks at the network as it is
}

// A daemon is the whole bridge, wired.
type daemon struct {
	log           zerolog.Logger
	listener      net.Listener
	watcher       *netif.Watcher
	responder     *mdns.Responder
	native        *browse.Native
	streams       *stream.Server
	subscriptions *upnp.Subscriptions
	memory        *quirk.Memory
	manager       *bridge.Manager
	monitor       *monitor.Monitor
	resident      *doctor.Resident // nil: not in
	busy          *busyPorts
	firstHTTP     uint16       // of the range, 0 for any
	named         []netip.Addr // of BREEZEWAY_DEVICES
	plan          []ports.Row
}

// newDaemon binds the HTTP port and wires the parts; nothing runs yet.
func newDaemon(c *config.Config, s site, log zerolog.Logger) (*daemon, error) {
	listener, err := listenHTTP(s.listen, c.HTTPPort, log)
	if err != nil {
		return nil, err
	}
	d := &daemon{
		log:       log,
		listener:  listener,
		watcher:   netif.NewWatcher(s.interfaces),
		busy:      newBusyPorts(log),
		firstHTTP: c.HTTPPort.First,
		named:     distinctHosts(c.Devices),
		plan:      ports.Plan(portSettings(c)),
	}
	d.speakMDNS(s)
	d.streams = stream.New(stream.ServerOptions{Log: part(log, "stream")})
	client := upnp.NewClient(upnp.Options{UserAgent: userAgent(), OnLink: onLinkOf(d.watcher)})
	d.subscriptions = upnp.NewSubscriptions(client)
	options, err := d.managerOptions(c, s)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	options.Client, options.Events = client, d.subscriptions
	d.manager = bridge.NewManager(options)
	if s.examined {
		d.resident = d.newResident(c, client)
	}
	d.monitor = monitor.New(monitor.Options{
		Snapshot: d.Snapshot,
		Holder:   holderOf,
		Findings: d.findings,
		OnRaised: d.alarm,
		Log:      part(log, "monitor"),
	})
	return d, nil
}

// speakMDNS makes those who announce and look around by mDNS.
func (d *daemon) speakMDNS(s site) {
	d.responder = mdns.New(mdns.Options{
		Hostname:   hostLabel(),
		Interfaces: d.watcher.Current,
		Changes:    subscribe(d.watcher),
		Port:       s.mdnsPort,
		Log:        part(d.log, "mdns"),
	})
	d.native = browse.NewNative(browse.NativeOptions{
		Interfaces: d.watcher.Current,
		Changes:    subscribe(d.watcher),
		Own:        bridge.Announced,
		Port:       s.mdnsPort,
		Log:        part(d.log, "browse"),
	})
}

// managerOptions are all but the client.
func (d *daemon) managerOptions(c *config.Config, s site) (bridge.ManagerOptions, error) {
	rules, err := rule.Parse(c.Rules.Reveal())
	if err != nil {
		return bridge.ManagerOptions{}, fmt.Errorf("read BREEZEWAY_RULES: %w", err)
	}
	groups, err := rule.ParseGroups(c.Groups)
	if err != nil {
		return bridge.ManagerOptions{}, fmt.Errorf("read BREEZEWAY_GROUPS: %w", err)
	}
	if d.memory, err = quirk.OpenMemory(c.StateDir); err != nil {
		d.log.Warn().Err(err).Str("directory", c.StateDir).
			Msg("what was remembered of speakers cannot be read: it is found out anew. BREEZEWAY_STATE_DIR must be a directory that this user may write to")
	}
	return bridge.ManagerOptions{
		Search:       d.searchOptions(c, s),
		Listen:       d.listenerOptions(c, s),
		Descriptions: c.Devices.URLs,
		Publish:      d.responder.Publish,
		Streams:      d.streams,
		BaseURL:      d.baseURL,
		Memory:       d.memory,
		Remote:       d.remoteOf(s),
		Native:       d.native.Has,
		ArtworkPath:  web.ArtworkPath,
		Settings:     settingsOf(c),
		Rules:        rules,
		Groups:       groups,
		Receiver:     d.receiverOptions(c, s),
		NameFormat:   c.NameFormat.Apply,
		Firmware:     version,
		Grace:        c.Grace,
		Log:          d.log,
	}, nil
}

func (d *daemon) searchOptions(c *config.Config, s site) ssdp.Options {
	return ssdp.Options{
		Interfaces: d.watcher.Current,
		Changes:    subscribe(d.watcher),
		Group:      s.ssdpGroup,
		Devices:    c.Devices.Addresses,
		Ports:      ssdp.PortRange(c.SSDPPorts),
		UserAgent:  userAgent(),
		Log:        part(d.log, "ssdp"),
	}
}

func (d *daemon) listenerOptions(c *config.Config, s site) ssdp.ListenerOptions {
	return ssdp.ListenerOptions{
		Mode:       listenMode(c),
		Interfaces: d.watcher.Current,
		Changes:    subscribe(d.watcher),
		Group:      s.ssdpGroup,
		Log:        part(d.log, "ssdp"),
	}
}

// Snapshot is the manager's, with what stands beside it.
func (d *daemon) Snapshot() bridge.Snapshot {
	s := d.manager.Snapshot()
	for _, i := range d.watcher.Current() {
		s.Interfaces = append(s.Interfaces, i.Name)
	}
	s.HTTP = bridge.HTTPPort{Port: portOf(d.listener), First: d.firstHTTP}
	s.MDNS = d.responder.Stats()
	s.Named = d.named
	return s
}

// baseURL is our HTTP port as peer reaches it, without a path.
func baseURL(listener net.Listener, peer netip.Addr) (string, error) {
	source, err := netif.SourceFor(peer)
	if err != nil {
		return "", err
	}
	return "http://" + netip.AddrPortFrom(source.Unmap(), portOf(listener)).String(), nil
}

func portOf(listener net.Listener) uint16 {
	return listener.Addr().(*net.TCPAddr).AddrPort().Port()
}

// onLinkOf reports whether an address lies on a network of the interfaces.
func onLinkOf(watcher *netif.Watcher) func(netip.Addr) bool {
	return func(addr netip.Addr) bool {
		return slices.ContainsFunc(watcher.Current(), func(i netif.Interface) bool { return i.OnLink(addr) })
	}
}

func part(log zerolog.Logger, name string) zerolog.Logger {
	return log.With().Str("part", name).Logger()
}

// subscribe is a watcher's signal for a part that lives as long as it.
func subscribe(w *netif.Watcher) <-chan struct{} {
	changes, _ := w.Subscribe()
	return changes
}

// Run works until ctx ends. Then speakers are stopped while the stream server
// still answers them: one that loses its stream first reports an error. What
// they were found to take is written last.
func (d *daemon) Run(ctx context.Context) error {
	lastingCtx, stopLasting := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLasting()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return d.watcher.Run(ctx) })
	group.Go(func() error { return d.responder.Run(ctx) })
	group.Go(func() error { return d.native.Run(ctx) })
	group.Go(func() error { return d.busy.Run(ctx) })
	group.Go(func() error { return d.monitor.Run(ctx) })
	if d.resident != nil {
		group.Go(func() error { return d.resident.Run(ctx) })
	}
	group.Go(func() error { return stream.Serve(lastingCtx, d.listener, d.handler(), d.log) })
	group.Go(func() error { return d.memory.Run(lastingCtx, part(d.log, "quirk")) })
	group.Go(func() error {
		defer stopLasting()
		return d.manager.Run(ctx)
	})
	return group.Wait()
}

// handler routes what the one HTTP port serves.
func (d *daemon) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(stream.Prefix, d.streams)
	mux.Handle(upnp.NotifyPath, d.subscriptions)
	site := web.Options{
		Snapshot:   d.Snapshot,
		Conditions: d.monitor.Conditions,
		Control:    d.manager,
		Ports:      d.plan,
		Version:    versionText(),
	}
	if d.resident != nil {
		site.Doctor = d.resident
	}
	mux.Handle("/", web.New(site))
	return mux
}

// baseURL is our HTTP port as peer reaches it, without a path.
func (d *daemon) baseURL(peer netip.Addr) (string, error) { return baseURL(d.listener, peer) }

// listenHTTP takes the first free port of the range.
func listenHTTP(addr netip.Addr, within config.PortRange, log zerolog.Logger) (net.Listener, error) {
	host := ""
	if addr.IsValid() {
		host = addr.String()
	}
	for port := int(within.First); port <= int(within.Last); port++ {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(port)))
		switch {
		case err == nil:
			log.Info().Stringer("address", listener.Addr()).Msg("HTTP port for streams, events and health")
			return listener, nil
		case !errors.Is(err, syscall.EADDRINUSE):
			return nil, fmt.Errorf("listen for HTTP: %w", err)
		}
		log.Warn().Int("port", port).Str("holder", holderOf(ports.TCP, uint16(port))).
			Msg("HTTP port is in use by another program: the next of the range is taken")
	}
	return nil, fmt.Errorf("listen for HTTP: ports %v are all in use: set BREEZEWAY_HTTP_PORT to a free port or a larger range", within)
}

// remoteOf makes the remote control of a sender.
func (d *daemon) remoteOf(s site) func(raop.ClientInfo) (bridge.Remote, error) {
	return func(client raop.ClientInfo) (bridge.Remote, error) {
		return dacp.New(dacp.Options{
			DACPID:       client.DACPID,
			ActiveRemote: client.ActiveRemote,
			Sender:       client.Addr.Addr(),
			Interfaces:   d.watcher.Current,
			Port:         s.mdnsPort,
			Log:          part(d.log, "dacp"),
		})
	}
}

func (d *daemon) receiverOptions(c *config.Config, s site) raop.Options {
	return raop.Options{
		Listen:    s.listen,
		RTSPPorts: raop.PortRange(c.RTSPPorts),
		UDPPorts:  raop.PortRange(c.UDPPorts),
		OnBusyTCP: d.busy.told(ports.TCP),
		OnBusyUDP: d.busy.told(ports.UDP),
	}
}

func listenMode(c *config.Config) ssdp.Mode {
	switch c.SSDPListen {
	case config.SSDPListenAuto:
		return ssdp.ListenAuto
	case config.SSDPListenRaw:
		return ssdp.ListenRaw
	}
	return ssdp.ListenOff
}

// hostLabel is the host's name for mDNS: its first label, marked as ours since
// the host's own responder may answer for the bare name.
func hostLabel() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "host"
	}
	label, _, _ := strings.Cut(name, ".")
	return "breezeway-" + label
}

// userAgent has the form of UDA 1.1 section 2.1.
func userAgent() string {
	return runtime.GOOS + "/1.0 UPnP/1.1 Breezeway/" + version
}
