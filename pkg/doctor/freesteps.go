package doctor

import (
	"fmt"
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/doctor/fingerprint"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
)

// freeSteps are the ways to free a multicast port that another program holds: turn
// off the part of the program that uses it, stop the program, or give Breezeway an IP
// address of its own.
func freeSteps(s portState, own *ownAddress) []Step {
	var steps []Step
	for _, m := range s.matches {
		// The port is held by docker-proxy, not by the program behind it: turning off
		// a part of that program does not free it.
		if text := turnOffText(m, s.port); text != "" && (m.Proxies() || !s.proxied()) {
			steps = append(steps, Step{Text: m.Name + ": " + text + "."})
		}
		if m.Behind.IsValid() {
			steps = append(steps, findContainer(m.Behind))
		}
	}
	steps = append(steps, stopHolders(s)...)
	if s.port == ssdpPort {
		steps = append(steps, Step{
			Text: "The order in which the programs start does not matter: Breezeway never waits for this port, and with BREEZEWAY_SSDP_LISTEN=auto shares it as soon as the holder allows that.",
		})
	}
	return append(steps, own.steps()...)
}

// turnOffText is how to turn off the part of a program that holds the port.
func turnOffText(m fingerprint.Match, port uint16) string {
	if port == mdnsPort {
		return m.FreeMDNS
	}
	return m.FreeSSDP
}

// stopHolders is how to find and stop the programs that hold a port. Only names that
// package sockets has checked are put into a command.
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
		Text:  "Run on the host to see which program has the port (a container cannot see it):",
		Paste: fmt.Sprintf("sudo ss -ulpn 'sport = :%d'", port),
	}
}

// findContainer is how to find the name of the container that has an address.
func findContainer(addr netip.Addr) Step {
	const list = "docker ps -q | xargs docker inspect --format '{{.Name}} {{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}'"
	return Step{Text: "The container is the one at " + addr.String() + ":", Paste: list + " | grep -wF " + addr.WithZone("").String()}
}
