package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/daemon"
	"github.com/breezeway-audio/breezeway/pkg/doctor/portstate"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

// portFormats write the plan and the firewall commands, by the name of --format.
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
	c, _, err := readConfig()
	if err != nil {
		fmt.Fprintln(errOut, err)
		return exitUsage
	}
	plan := ports.Plan(daemon.PortSettings(c))
	if err := portstate.Mark(plan); err != nil {
		fmt.Fprintln(errOut, "breezeway: cannot find out how the ports stand:", err)
	}
	for _, r := range ports.Unfixed(plan) {
		fmt.Fprintf(errOut, "breezeway: no firewall rule can be written for %s=0: the ports change with each start\n", r.Variable)
	}
	if err := write(out, plan, ports.Firewalls(plan, networks(c, errOut))); err != nil {
		fmt.Fprintln(errOut, "breezeway:", err)
		return exitFailed
	}
	return exitOK
}

// networks are those to open the firewall for: those of our interfaces and of the
// speakers that the user named.
func networks(c *config.Config, errOut io.Writer) []netip.Prefix {
	all, err := netif.List()
	if err != nil {
		fmt.Fprintln(errOut, "breezeway: cannot list the networks to let in:", err)
		return nil
	}
	var list []netip.Prefix
	for _, i := range netif.Select(all, c.Interfaces) {
		for _, p := range i.Prefixes {
			list = append(list, p.Masked())
		}
	}
	for _, a := range c.Devices.Hosts() {
		list = append(list, netip.PrefixFrom(a, a.BitLen()))
	}
	return ports.MergeNetworks(list)
}
