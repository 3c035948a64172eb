package doctor

import (
	"fmt"
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/doctor/fingerprint"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
)

// freeSteps say how to free a multicast port that another program holds: turn that
// part of the program off, stop it, or go to an address of our own.
func freeSteps(s portState, own *ownAddress) []Step {
	var steps []Step
	for _, m := range s.matches {
		// A program behind docker-proxy does not hold the port itself: turning its
		// part off frees nothing.
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
			Text: "The order of starts does not matter to Breezeway: it never waits for this port, and with BREEZEWAY_SSDP_LISTEN=auto takes its share as soon as the holder lets it.",
		})
	}
	return append(steps, own.steps()...)
}

// turnOffText says how to turn off the part of a program that holds the port.
func turnOffText(m fingerprint.Match, port uint16) string {
	if port == mdnsPort {
		return m.FreeMDNS
	}
	return m.FreeSSDP
}

// stopHolders says how to find and stop the programs that hold a port. Only names
// that package sockets has checked get into a command.
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
