package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/doctor"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

// examine looks for what keeps speakers away and prints a report. It exits 0
// when nothing failed, else 1.
func examine(ctx context.Context, args []string, out, errOut io.Writer) int {
	flags := newFlags("doctor", errOut)
	asJSON := flags.Bool("json", false, "print the report as JSON")
	if code, ok := parse(flags, args); !ok {
		return code
	}
	c, _, err := config.FromEnvironment(checks()...)
	if err != nil {
		fmt.Fprintln(errOut, err)
		return exitUsage
	}
	report, err := consult(ctx, c)
	if err != nil {
		fmt.Fprintln(errOut, "breezeway: doctor:", err)
		return exitFailed
	}
	write := report.WriteText
	if *asJSON {
		write = report.WriteJSON
	}
	if err := write(out); err != nil {
		fmt.Fprintln(errOut, "breezeway: doctor:", err)
		return exitFailed
	}
	return report.ExitCode()
}

// consult runs the doctor. Speakers' events come in on a port of the range of
// the bridge, which may run beside it.
func consult(ctx context.Context, c *config.Config) (report doctor.Report, err error) {
	listener, err := listenHTTP(netip.Addr{}, c.HTTPPort, zerolog.Nop())
	if err != nil {
		return report, err
	}
	watcher := netif.NewWatcher(c.Interfaces)
	client := upnp.NewClient(upnp.Options{UserAgent: userAgent(), OnLink: onLinkOf(watcher)})
	subscriptions := upnp.NewSubscriptions(client)
	beside := &neighbour{config: c, own: portOf(listener)}
	mux := http.NewServeMux()
	mux.Handle(upnp.NotifyPath, subscriptions)

	ctx, cancel := context.WithCancel(ctx)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return stream.Serve(ctx, listener, mux, zerolog.Nop()) })
	group.Go(func() error {
		defer cancel()
		report = doctor.Run(ctx, doctor.Options{
			Interfaces:  c.Interfaces,
			Ports:       examinedPorts(c),
			ListensSSDP: c.SSDPListen != config.SSDPListenOff,
			Running:     beside.running,
			SelfQuery:   beside.hears(watcher.Current),
			Renderers: doctor.Search(ssdp.Options{
				Interfaces: watcher.Current,
				Devices:    c.Devices.Addresses,
				Ports:      ssdp.PortRange(c.SSDPPorts),
				UserAgent:  userAgent(),
				Log:        zerolog.Nop(),
			}),
			Named:         namedSpeakers(c.Devices),
			Client:        client,
			Subscriptions: subscriptions,
			CallbackBase:  func(peer netip.Addr) (string, error) { return baseURL(listener, peer) },
		})
		return nil
	})
	return report, group.Wait()
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

// examinedPorts are the ranges that the bridge takes its ports from. The doctor
// has checks of its own for the multicast ports.
func examinedPorts(c *config.Config) []doctor.Ports {
	var examined []doctor.Ports
	for _, r := range ports.Plan(portSettings(c)) {
		if r.Group.IsValid() {
			continue
		}
		examined = append(examined, doctor.Ports{
			Purpose: r.Purpose, Variable: r.Variable, Protocol: socketProtocol[r.Protocol],
			First: r.Ports.First, Last: r.Ports.Last, Needed: r.Needed,
		})
	}
	return examined
}
