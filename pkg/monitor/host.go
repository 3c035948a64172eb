package monitor

import (
	"maps"
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

const (
	// ssdpPort is where speakers send their announcements.
	ssdpPort = 1900
	// interfaceForgotten is how long a lost interface is a condition: after that it
	// counts as removed for good.
	interfaceForgotten = 24 * time.Hour
)

// Missing are the conditions under which nothing can play: no HTTP port, no network, no
// announcement of the speakers. None means ready. A speaker that is away and a port
// that is not needed are not among them.
func Missing(s fleet.Snapshot) []Condition {
	var missing []Condition
	if s.HTTP.Port == 0 {
		missing = append(missing, noHTTP())
	}
	if len(s.Interfaces) == 0 {
		missing = append(missing, noInterface())
	}
	if !announces(s.MDNS.IPv4) && !announces(s.MDNS.IPv6) {
		missing = append(missing, notAnnounced(s.MDNS))
	}
	return missing
}

// announces reports whether services can be announced over an address family.
func announces(s mdns.PortState) bool {
	switch s {
	case mdns.PortOK, mdns.PortShared, mdns.PortRaw, mdns.PortAvahi:
		return true
	}
	return false
}

// heldPorts are the ports that another program has and that Breezeway does not need.
func heldPorts(s fleet.Snapshot) []Condition {
	var held []Condition
	if first := s.HTTP.First; first != 0 && s.HTTP.Port != 0 && s.HTTP.Port != first {
		held = append(held, httpPortHeld(first, s.HTTP.Port))
	}
	held = append(held, heldMDNS("IPv4", s.MDNS.IPv4, s.MDNS.IPv6)...)
	held = append(held, heldMDNS("IPv6", s.MDNS.IPv6, s.MDNS.IPv4)...)
	if l := s.Listening; l.Mode != settings.SSDPListenOff && l.Method == ssdp.MethodOff && l.Err != nil {
		held = append(held, ssdpPortHeld(l.Err))
	}
	return held
}

// heldMDNS is for an address family that does not work while the other one does.
func heldMDNS(family string, state, other mdns.PortState) []Condition {
	if state != mdns.PortHeld && state != mdns.PortFailed || !announces(other) {
		return nil
	}
	return []Condition{mdnsPortHeld(family, state)}
}

// unheard are the address families on which our own questions got no answer.
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
		conditions = append(conditions, mdnsUnheard(family, h))
	}
	return conditions
}

// interfaces are the times when each interface was last present, by name.
type interfaces map[string]time.Time

// update adds those that are present now, and removes those that have been gone for
// longer than interfaceForgotten.
func (i interfaces) update(present []string, now time.Time) interfaces {
	next := make(interfaces)
	for name, last := range i {
		if now.Sub(last) < interfaceForgotten {
			next[name] = last
		}
	}
	for _, name := range present {
		next[name] = now
	}
	return next
}

// conditions are the interfaces that were there and are not present.
func (i interfaces) conditions(present []string) []Condition {
	var conditions []Condition
	for _, name := range slices.Sorted(maps.Keys(i)) {
		if !slices.Contains(present, name) {
			conditions = append(conditions, interfaceLost(name))
		}
	}
	return conditions
}
