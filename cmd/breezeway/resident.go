package main

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/doctor"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
)

// newResident makes the doctor inside the daemon, with what the daemon knows.
func (d *daemon) newResident(c *config.Config, client *upnp.Client) *doctor.Resident {
	o := doctor.Options{
		Interfaces:    c.Interfaces,
		Ports:         examinedPorts(c),
		ListensSSDP:   c.SSDPListen != config.SSDPListenOff,
		SelfQuery:     d.selfQuery,
		Renderers:     func(context.Context) ([]doctor.Renderer, error) { return renderersOf(d.manager.Snapshot()), nil },
		Named:         namedSpeakers(c.Devices),
		LeftOut:       d.leavesOut,
		Client:        client,
		Subscriptions: d.subscriptions,
		CallbackBase:  func(peer netip.Addr) (string, error) { return baseURL(d.listener, peer) },
	}
	return doctor.NewResident(doctor.ResidentOptions{
		Examine: func(ctx context.Context) doctor.Report { return doctor.Run(ctx, o) },
		Log:     part(d.log, "doctor"),
	})
}

// leavesOut reports whether the renderers of a host are not offered on purpose.
func (d *daemon) leavesOut(addr netip.Addr) bool {
	return d.native.Has(addr) || slices.Contains(d.manager.Snapshot().LeftOut, addr.Unmap())
}

// selfQuery has the responder ask for a service of its own.
func (d *daemon) selfQuery(ctx context.Context) []doctor.Hearing {
	var hearings []doctor.Hearing
	for _, h := range d.responder.SelfCheck(ctx) {
		if h.At.IsZero() {
			continue // there was nothing to ask for
		}
		family := "IPv4"
		if h.IPv6 {
			family = "IPv6"
		}
		hearings = append(hearings, doctor.Hearing{Way: fmt.Sprintf("%s on %s", family, h.Interface), IPv6: h.IPv6, Err: h.Err})
	}
	return hearings
}

// renderersOf are the renderers that are there, those in groups too, each once.
func renderersOf(s bridge.Snapshot) []doctor.Renderer {
	var list []doctor.Renderer
	add := func(name, location, address string) {
		addr, err := netip.ParseAddr(address)
		known := slices.ContainsFunc(list, func(r doctor.Renderer) bool { return r.Location == location })
		if err == nil && !known && location != "" {
			list = append(list, doctor.Renderer{Name: name, Location: location, Addr: addr})
		}
	}
	for _, sp := range s.Speakers {
		for _, m := range sp.Members {
			add(m.Name, m.Location, m.Address)
		}
		if len(sp.Members) == 0 {
			add(sp.Name, sp.Location, sp.Address)
		}
	}
	return list
}

// findings are what the doctor found failed and the monitor does not see itself.
func (d *daemon) findings() []monitor.Condition {
	if d.resident == nil {
		return nil
	}
	var list []monitor.Condition
	for _, t := range d.resident.Report().Troubles() {
		if t.Status == doctor.Failed && !t.Watched {
			list = append(list, monitor.Condition{Kind: monitor.KindFinding, Subject: t.Check, Seen: t.Seen + ". " + t.Means, Do: t.Steps()})
		}
	}
	return list
}

// evident are the conditions that need no doctor: their reason is known.
var evident = map[monitor.Kind]bool{monitor.KindFinding: true, monitor.KindSpeakerTaken: true, monitor.KindSenderSilent: true, monitor.KindSoundLost: true}

// alarm has the doctor look for the reasons of a condition.
func (d *daemon) alarm(c monitor.Condition) {
	if d.resident != nil && !evident[c.Kind] {
		d.resident.Alarm()
	}
}

// distinctHosts are the hosts of the named speakers, each once.
func distinctHosts(devices config.Devices) []netip.Addr {
	hosts := devices.Hosts()
	slices.SortFunc(hosts, netip.Addr.Compare)
	return slices.Compact(hosts)
}
