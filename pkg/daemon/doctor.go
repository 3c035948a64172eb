package daemon

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/doctor"
	"github.com/breezeway-audio/breezeway/pkg/doctor/instance"
	"github.com/breezeway-audio/breezeway/pkg/doctor/portstate"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/ports"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// Examine runs the doctor once, in a process of its own, whether a daemon runs on
// this host or not. Speakers' events come in on a free port of the daemon's range.
func Examine(ctx context.Context, c *config.Config, version string) (report doctor.Report, err error) {
	listener, err := listenHTTP(netip.Addr{}, c.HTTPPort, zerolog.Nop())
	if err != nil {
		return report, err
	}
	watcher := netif.NewWatcher(c.Interfaces)
	client := newClient(version, watcher)
	subscriptions := upnp.NewSubscriptions(client)
	running := instance.New(c.HTTPPort, portOf(listener))
	mux := http.NewServeMux()
	mux.Handle(upnp.NotifyPath, subscriptions)

	o := doctorOptions(c)
	o.Running, o.SelfQuery = running.Running, running.SelfQuery(watcher.Current)
	o.Renderers = doctor.Search(ssdp.Options{
		Interfaces: watcher.Current,
		Devices:    c.Devices.Addresses,
		Ports:      c.SSDPPorts,
		UserAgent:  userAgent(version),
		Log:        zerolog.Nop(),
	})
	o.Client, o.Subscriptions = client, subscriptions
	o.CallbackBase = func(peer netip.Addr) (string, error) { return baseURL(portOf(listener), peer) }

	ctx, cancel := context.WithCancel(ctx)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return stream.Serve(ctx, listener, mux, nil, zerolog.Nop()) })
	group.Go(func() error {
		defer cancel()
		report = doctor.Run(ctx, o)
		return nil
	})
	return report, group.Wait()
}

// newBackground makes the doctor inside the daemon, with the daemon's own data.
func (d *Daemon) newBackground() *doctor.Background {
	o := doctorOptions(d.config)
	o.SelfQuery = d.selfQuery
	o.Renderers = func(context.Context) ([]doctor.Renderer, error) { return knownRenderers(d.manager.Snapshot()), nil }
	o.LeftOut = d.isLeftOut
	o.Client, o.Subscriptions = d.client, d.subscriptions
	o.CallbackBase = d.baseURL
	return doctor.NewBackground(doctor.BackgroundOptions{
		Examine: func(ctx context.Context) doctor.Report { return doctor.Run(ctx, o) },
		Log:     d.partLog("doctor"),
	})
}

// doctorOptions are the options of the doctor that come from the configuration.
func doctorOptions(c *config.Config) doctor.Options {
	return doctor.Options{
		Interfaces:  c.Interfaces,
		Ports:       doctorPorts(c),
		ListensSSDP: c.SSDPListen != settings.SSDPListenOff,
		Named:       namedSpeakers(c.Devices),
	}
}

// doctorPorts are the port ranges of the bridge. The doctor has separate checks for
// the multicast ports.
func doctorPorts(c *config.Config) []doctor.Ports {
	var list []doctor.Ports
	for _, r := range ports.Plan(PortSettings(c)) {
		if r.Group.IsValid() {
			continue
		}
		list = append(list, doctor.Ports{
			Purpose: r.Purpose, Variable: r.Variable, Protocol: portstate.SocketProtocol(r.Protocol),
			PortRange: r.Ports, Needed: r.Needed,
		})
	}
	return list
}

// namedSpeakers are those of BREEZEWAY_DEVICES.
func namedSpeakers(devices config.Devices) []doctor.Named {
	var named []doctor.Named
	for _, a := range devices.Addresses {
		named = append(named, doctor.Named{Addr: a.Addr()})
	}
	for _, location := range devices.URLs {
		only := config.Devices{URLs: []string{location}}
		for _, host := range only.Hosts() {
			named = append(named, doctor.Named{Addr: host, Location: location})
		}
	}
	return named
}

// distinctHosts are the hosts of the named speakers, each once.
func distinctHosts(devices config.Devices) []netip.Addr {
	hosts := devices.Hosts()
	slices.SortFunc(hosts, netip.Addr.Compare)
	return slices.Compact(hosts)
}

// isLeftOut reports whether the renderers of a host are not offered on purpose.
func (d *Daemon) isLeftOut(addr netip.Addr) bool {
	return d.native.Has(addr) || slices.Contains(d.manager.Snapshot().LeftOut, addr.Unmap())
}

// selfQuery makes the responder ask the network for one of its own services.
func (d *Daemon) selfQuery(ctx context.Context) []doctor.SelfQueryResult {
	var results []doctor.SelfQueryResult
	for _, h := range d.responder.SelfCheck(ctx) {
		if h.At.IsZero() {
			continue // nothing is published yet
		}
		family := "IPv4"
		if h.IPv6 {
			family = "IPv6"
		}
		results = append(results, doctor.SelfQueryResult{Way: fmt.Sprintf("%s on %s", family, h.Interface), IPv6: h.IPv6, Err: h.Err})
	}
	return results
}

// knownRenderers are the renderers that answer now, members of groups included,
// each once.
func knownRenderers(s fleet.Snapshot) []doctor.Renderer {
	var list []doctor.Renderer
	add := func(name, location, address string) {
		addr, err := netip.ParseAddr(address)
		known := slices.ContainsFunc(list, func(r doctor.Renderer) bool { return r.Location == location })
		if err == nil && !known && location != "" {
			list = append(list, doctor.Renderer{Name: name, Location: location, Addr: addr})
		}
	}
	for _, sp := range s.Speakers {
		for _, r := range sp.Renderers {
			name := sp.Name
			if sp.Group {
				name = r.Name
			}
			add(name, r.Location, r.Address)
		}
	}
	return list
}

// findings are the doctor's failed checks that the monitor does not watch itself.
func (d *Daemon) findings() []monitor.Condition {
	if d.background == nil {
		return nil
	}
	var list []monitor.Condition
	for _, t := range d.background.Report().Troubles() {
		if t.Status == doctor.Failed && !t.Watched {
			list = append(list, monitor.Finding(t.Check, t.Seen+". "+t.Means, t.Steps()))
		}
	}
	return list
}

// selfExplained are the conditions whose reason is known: they do not start the
// doctor.
var selfExplained = map[monitor.Code]bool{monitor.CodeDoctorFinding: true, monitor.CodeSpeakerTaken: true, monitor.CodeSenderSilent: true, monitor.CodeSoundLost: true}

// alarm makes the doctor look for the reason of a condition.
func (d *Daemon) alarm(c monitor.Condition) {
	if d.background != nil && !selfExplained[c.Code] {
		d.background.Alarm()
	}
}
