package doctor

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/doctor/fingerprint"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
)

// cures are what helps against a program that has a multicast port: turn that
// part of it off or stop it, know that the order of starts is not the reason, or
// go to an address of our own.
func (x *exam) cures(s portState) []Step {
	var steps []Step
	for _, m := range s.matches {
		// What is behind docker-proxy does not have the port: to turn its part
		// off frees nothing.
		if text := freeing(m, s.port); text != "" && (m.Proxies() || !s.proxied()) {
			steps = append(steps, Step{Text: m.Name + ": " + text + "."})
		}
		if m.Behind.IsValid() {
			steps = append(steps, findContainer(m.Behind))
		}
	}
	steps = append(steps, stopHolders(s)...)
	if s.port == ssdpPort {
		steps = append(steps, Step{
			Text: "The order of starts does not matter to Breezeway: it never waits for this port, and with BREEZEWAY_SSDP_LISTEN=auto takes its share as soon as the holder lets it.",
		})
	}
	return append(steps, x.cureOwnAddress()...)
}

func freeing(m fingerprint.Match, port uint16) string {
	if port == mdnsPort {
		return m.FreeMDNS
	}
	return m.FreeSSDP
}

// stopHolders says how to find and stop what has a port. Only what package
// sockets checked stands in a command.
func stopHolders(s portState) []Step {
	var steps []Step
	said := make(map[string]bool)
	for _, h := range s.holders {
		step := stopHolder(h, s.port, s.proxied())
		if !said[step.Paste] {
			said[step.Paste] = true
			steps = append(steps, step)
		}
	}
	return steps
}

func stopHolder(h sockets.Holder, port uint16, proxied bool) Step {
	isProxy := h.Command == "docker-proxy" || h.Unit == "docker.service" || h.PID == 0 && proxied
	switch {
	case h.Container != "" && (h.Engine == "docker" || h.Engine == "podman"):
		return Step{
			Text:  "Stop the container, or start it again without the port:",
			Paste: fmt.Sprintf("%s ps --no-trunc --filter id=%s\n%s stop %.12s", h.Engine, h.Container, h.Engine, h.Container),
		}
	case isProxy:
		return Step{
			Text:  "Find the container that publishes the port, and start it again without:",
			Paste: fmt.Sprintf("docker ps --filter publish=%d/udp", port),
		}
	case h.Unit != "":
		return Step{Text: "Stop the service:", Paste: "sudo systemctl disable --now " + h.Unit}
	case h.PID > 1:
		return Step{Text: "See what the program is, and stop it:", Paste: fmt.Sprintf("ps -o pid,user,args -p %d", h.PID)}
	}
	return Step{
		Text:  "See on the host who has the port (a container is not allowed to see it):",
		Paste: fmt.Sprintf("sudo ss -ulpn 'sport = :%d'", port),
	}
}

// findContainer says how to find the name of the container that has an address.
func findContainer(addr netip.Addr) Step {
	const list = "docker ps -q | xargs docker inspect --format '{{.Name}} {{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}'"
	return Step{Text: "The container is the one at " + addr.String() + ":", Paste: list + " | grep -wF " + addr.WithZone("").String()}
}

// cureOwnAddress offers the macvlan profile with this network's values.
func (x *exam) cureOwnAddress() []Step {
	const intro = "Give Breezeway an address of its own, on which every port is free"
	for _, i := range x.selected {
		addr, ok := i.IPv4()
		if !ok || i.Loopback || !safeInterface(i.Name) {
			continue
		}
		if links, err := x.links(); err == nil && links[i.Name].wireless {
			return []Step{{Text: intro + ": not over " + i.Name + ", which is Wi-Fi; take a wired interface."}}
		}
		subnet := netip.PrefixFrom(addr, 24).Masked()
		for _, p := range i.Prefixes {
			if p.Addr() == addr {
				subnet = p.Masked()
			}
		}
		return []Step{
			{
				Text: intro + ". In .env, with a free IP of the network that the router does not give away:",
				Paste: strings.Join([]string{
					"PARENT=" + i.Name, "SUBNET=" + subnet.String(), "GATEWAY=" + textOf(x.gateway(i.Index)), "IP=",
				}, "\n"),
			},
			{Text: "Then:", Paste: "docker compose --profile host down\ndocker compose --profile macvlan up -d"},
		}
	}
	return nil
}

// textOf is the address, "" without one.
func textOf(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}

// cureMove offers a range of the same length in which nobody has a port.
func (x *exam) cureMove(p Ports) []Step {
	first, last, ok := x.freeRange(p)
	if !ok {
		return []Step{{Text: "Set " + p.Variable + " to ports that are free."}}
	}
	value := fmt.Sprintf("%d-%d", first, last)
	if first == last {
		value = fmt.Sprint(first)
	}
	return []Step{{Text: "Move our ports to some that are free now:", Paste: p.Variable + "=" + value}}
}

// interfaceName is what may stand in a command. The kernel allows nearly any
// character.
var interfaceName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}$`)

func safeInterface(name string) bool { return interfaceName.MatchString(name) }
