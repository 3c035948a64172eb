package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"

	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

// portFormats write the plan and the firewalls' lines, by the name of --format.
var portFormats = map[string]func(io.Writer, []ports.Row, []ports.Firewall) error{
	"text":     ports.WriteText,
	"markdown": ports.WriteMarkdown,
	"json":     ports.WriteJSON,
}

// listPorts prints the plan of all ports with their state now.
func listPorts(_ context.Context, args []string, out, errOut io.Writer) int {
	write := portFormats["text"]
	flags := newFlags("ports", errOut)
	flags.Func("format", "`form` of the list: text, markdown or json (default text)", func(name string) error {
		write = portFormats[name]
		if write == nil {
			return errors.New("not known")
		}
		return nil
	})
	if code, ok := parse(flags, args); !ok {
		return code
	}
	c, _, err := config.FromEnvironment(checks()...)
	if err != nil {
		fmt.Fprintln(errOut, err)
		return exitUsage
	}
	plan := ports.Plan(portSettings(c))
	if err := markStates(plan); err != nil {
		fmt.Fprintln(errOut, "breezeway: the state of the ports is not known:", err)
	}
	for _, r := range ports.Unfixed(plan) {
		fmt.Fprintf(errOut, "breezeway: no firewall rule can be written for %s=0: the ports change with each start\n", r.Variable)
	}
	if err := write(out, plan, ports.Firewalls(plan, senders(c, errOut))); err != nil {
		fmt.Fprintln(errOut, "breezeway:", err)
		return exitFailed
	}
	return exitOK
}

func portSettings(c *config.Config) ports.Settings {
	return ports.Settings{
		HTTP:        ports.Range(c.HTTPPort),
		RTSP:        ports.Range(c.RTSPPorts),
		UDP:         ports.Range(c.UDPPorts),
		SSDP:        ports.Range(c.SSDPPorts),
		ListensSSDP: c.SSDPListen != config.SSDPListenOff,
	}
}

// markStates fills in how the ports stand now.
func markStates(plan []ports.Row) error {
	table, err := sockets.Read()
	if err != nil {
		return err
	}
	survey := func(group netip.AddrPort) (sockets.Survey, error) { return table.Survey(group, 0) }
	for i := range plan {
		plan[i].State, plan[i].Detail = stateOf(plan[i], table, survey)
	}
	return nil
}

// linkLocal is where IPv6 neighbours speak from before they have another address.
var linkLocal = netip.MustParsePrefix("fe80::/10")

// senders are the networks to let in: those of our interfaces, and the speakers
// that the user named.
func senders(c *config.Config, errOut io.Writer) []netip.Prefix {
	all, err := netif.List()
	if err != nil {
		fmt.Fprintln(errOut, "breezeway: the networks to let in are not known:", err)
		return nil
	}
	var networks []netip.Prefix
	for _, i := range netif.Select(all, c.Interfaces) {
		for _, p := range i.Prefixes {
			networks = append(networks, p.Masked())
		}
	}
	for _, a := range c.Devices.Hosts() {
		networks = append(networks, netip.PrefixFrom(a, a.BitLen()))
	}
	for i, n := range networks {
		if linkLocal.Contains(n.Addr()) {
			networks[i] = linkLocal
		}
	}
	return distinct(networks)
}

// distinct leaves out networks that lie in another of the list, IPv4 first.
func distinct(networks []netip.Prefix) []netip.Prefix {
	slices.SortStableFunc(networks, func(a, b netip.Prefix) int {
		if a.Addr().BitLen() != b.Addr().BitLen() {
			return a.Addr().BitLen() - b.Addr().BitLen()
		}
		return a.Bits() - b.Bits()
	})
	var kept []netip.Prefix
	for _, n := range networks {
		if !slices.ContainsFunc(kept, func(k netip.Prefix) bool { return k.Overlaps(n) }) {
			kept = append(kept, n)
		}
	}
	return kept
}
