package monitor

import (
	"fmt"
	"slices"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/ports"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// ssdpPort is where announcements are listened for.
const ssdpPort = 1900

// Missing tells what keeps everything from playing: no HTTP port, no network,
// nobody told of the speakers. Empty means ready. A speaker that is away and a
// port that is not needed are not among it.
func Missing(s bridge.Snapshot) []Condition {
	var missing []Condition
	if s.HTTP.Port == 0 {
		missing = append(missing, Condition{
			Kind: KindNoHTTP,
			Seen: "the HTTP port is not open",
			Do:   "Set BREEZEWAY_HTTP_PORT to a free port or a larger range",
		})
	}
	if len(s.Interfaces) == 0 {
		missing = append(missing, Condition{
			Kind: KindNoInterface,
			Seen: "no network interface is up, has an address and fits BREEZEWAY_INTERFACES",
			Do:   "Check cable or Wi-Fi, or name the interface in BREEZEWAY_INTERFACES",
		})
	}
	if !announces(s.MDNS.IPv4) && !announces(s.MDNS.IPv6) {
		missing = append(missing, Condition{
			Kind:     KindNotAnnounced,
			Subject:  portName(mdns.Port, ports.UDP),
			Seen:     fmt.Sprintf("senders cannot find the speakers: 5353/UDP is %v over IPv4 and %v over IPv6", s.MDNS.IPv4, s.MDNS.IPv6),
			Do:       doAboutMDNS,
			protocol: ports.UDP,
			port:     mdns.Port,
		})
	}
	return missing
}

const doAboutMDNS = "Stop the program that holds the port, or have it share (avahi: disallow-other-stacks=no), or give Breezeway an address of its own (macvlan)"

func portName(port uint16, p ports.Protocol) string { return fmt.Sprintf("%d/%v", port, p) }

// announces reports whether services can be announced over an address family.
func announces(s mdns.PortState) bool {
	switch s {
	case mdns.PortOK, mdns.PortShared, mdns.PortRaw, mdns.PortAvahi:
		return true
	}
	return false
}

// look tells all that is wrong in a snapshot by itself.
func look(s bridge.Snapshot) []Condition {
	seen := append(Missing(s), heldPorts(s)...)
	seen = append(seen, unheard(s.MDNS)...)
	for _, speaker := range s.Speakers {
		if speaker.Address == "" {
			seen = append(seen, Condition{
				Kind:    KindSpeakerLost,
				Subject: speaker.Name,
				Seen:    "the speaker does not answer",
				Do:      "Check that it is switched on and in the network; name it in BREEZEWAY_DEVICES where multicast does not reach it",
			})
		}
	}
	return seen
}

func heldPorts(s bridge.Snapshot) []Condition {
	var held []Condition
	if first := s.HTTP.First; first != 0 && s.HTTP.Port != 0 && s.HTTP.Port != first {
		held = append(held, Condition{
			Kind: KindPortHeld, Subject: portName(first, ports.TCP), protocol: ports.TCP, port: first,
			Seen: fmt.Sprintf("another program has the port; HTTP is served on %d", s.HTTP.Port),
			Do:   "Nothing, or set BREEZEWAY_HTTP_PORT",
		})
	}
	held = append(held, heldMDNS("IPv4", s.MDNS.IPv4, s.MDNS.IPv6)...)
	held = append(held, heldMDNS("IPv6", s.MDNS.IPv6, s.MDNS.IPv4)...)
	if l := s.Listening; l.Mode != settings.SSDPListenOff && l.Rung == ssdp.RungOff && l.Err != nil {
		held = append(held, Condition{
			Kind: KindPortHeld, Subject: portName(ssdpPort, ports.UDP), protocol: ports.UDP, port: ssdpPort,
			Seen: fmt.Sprintf("announcements of speakers are not heard (%v); searches find them all the same", l.Err),
			Do:   "Nothing, or BREEZEWAY_SSDP_LISTEN=off",
		})
	}
	return held
}

// heldMDNS is about a family that does not work where the other one does.
func heldMDNS(family string, state, other mdns.PortState) []Condition {
	if state != mdns.PortHeld && state != mdns.PortFailed || !announces(other) {
		return nil
	}
	return []Condition{{
		Kind: KindPortHeld, Subject: portName(mdns.Port, ports.UDP) + " over " + family, protocol: ports.UDP, port: mdns.Port,
		Seen: fmt.Sprintf("the port is %v: senders find the speakers only over the other address family", state),
		Do:   doAboutMDNS,
	}}
}

func unheard(s mdns.Stats) []Condition {
	var conditions []Condition
	for _, h := range []mdns.Hearing{s.HeardIPv4, s.HeardIPv6} {
		state, family := s.IPv4, "IPv4"
		if h.IPv6 {
			state, family = s.IPv6, "IPv6"
		}
		if h.At.IsZero() || h.Heard || !announces(state) {
			continue
		}
		conditions = append(conditions, Condition{
			Kind: KindUnheard, Subject: portName(mdns.Port, ports.UDP) + " over " + family,
			Seen: fmt.Sprintf("a question for a speaker of ours got no answer on %s (%v): senders may not find the speakers", h.Interface, h.Err),
			Do:   "Let 5353/UDP through the firewall (`breezeway ports` has the lines); see `breezeway doctor` for programs that take the packets",
		})
	}
	return conditions
}

// lost compares the interfaces that were there with those of now.
func lost(known interfaces, s bridge.Snapshot) []Condition {
	var conditions []Condition
	for _, name := range known.names() {
		if !slices.Contains(s.Interfaces, name) {
			conditions = append(conditions, Condition{
				Kind:    KindInterfaceLost,
				Subject: name,
				Seen:    "the interface is gone, down or without an address",
				Do:      "Check its cable or Wi-Fi",
			})
		}
	}
	return conditions
}
