package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

// maxHoldersNamed bounds a line about ports; the doctor tells all.
const maxHoldersNamed = 3

// nobody stands for a holder that cannot be seen from here.
const nobody = "a program that is not visible from here"

// socketProtocol names a protocol as package sockets does.
var socketProtocol = map[ports.Protocol]sockets.Protocol{ports.UDP: sockets.UDP, ports.TCP: sockets.TCP}

// holderOf names the other programs that have a port.
func holderOf(p ports.Protocol, port uint16) string {
	table, err := sockets.Read()
	if err != nil {
		return nobody
	}
	_, others := parted(table.On(socketProtocol[p], port))
	if len(others) == 0 {
		return nobody
	}
	return named(others)
}

// parted tells our sockets from those of others.
func parted(holders []sockets.Holder) (ours, others []sockets.Holder) {
	for _, h := range holders {
		if h.Ours() {
			ours = append(ours, h)
		} else {
			others = append(others, h)
		}
	}
	return ours, others
}

func named(holders []sockets.Holder) string {
	var names []string
	for _, h := range holders {
		if name := h.String(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	text := strings.Join(names[:min(len(names), maxHoldersNamed)], ", ")
	if more := len(names) - maxHoldersNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// A surveyor tells how the port of a multicast group stands.
type surveyor func(group netip.AddrPort) (sockets.Survey, error)

// stateOf tells how the ports of a row stand.
func stateOf(r ports.Row, table *sockets.Table, survey surveyor) (ports.State, string) {
	if r.Ports.Any() {
		return ports.StateFree, "any that is free"
	}
	ours, others := parted(table.Within(socketProtocol[r.Protocol], r.Ports.First, r.Ports.Last))
	if r.Group.IsValid() {
		return stateOfGroup(r, ours, others, survey)
	}
	detail := ""
	if len(others) > 0 {
		detail = named(others)
	}
	left := int(r.Ports.Last) - int(r.Ports.First) + 1 - len(distinctPorts(others))
	switch {
	case len(ours) > 0:
		return ports.StateOurs, strings.TrimSuffix(listed(distinctPorts(ours))+"; others: "+detail, "; others: ")
	case left < r.Needed:
		return ports.StateHeld, detail
	}
	if detail != "" {
		detail = "but for " + detail
	}
	return ports.StateFree, detail
}

// stateOfGroup is stateOf for a port that programs may share.
func stateOfGroup(r ports.Row, ours, others []sockets.Holder, survey surveyor) (ports.State, string) {
	state, detail := ports.StateFree, ""
	if len(others) > 0 {
		detail = named(others)
		if sockets.Among(others, r.Group) == sockets.AccessShared {
			state = ports.StateShared
		}
	}
	// The groups are of IPv4.
	if slices.ContainsFunc(ours, sockets.Holder.ServesIPv4) {
		return max(state, ports.StateOurs), detail
	}
	if len(others) > 0 {
		s, err := survey(netip.AddrPortFrom(r.Group, r.Ports.First))
		switch {
		case err != nil:
			state, detail = ports.StateUnknown, err.Error()
		case s.Access == sockets.AccessExclusive:
			state = ports.StateHeld
		case s.Access == sockets.AccessFree, s.Access == sockets.AccessBeside:
			state = ports.StateFree
		}
	}
	if r.Unused {
		return ports.StateUnused, strings.TrimSuffix(state.String()+", "+detail, ", ")
	}
	return state, detail
}

func distinctPorts(holders []sockets.Holder) []uint16 {
	var list []uint16
	for _, h := range holders {
		list = append(list, h.Local.Port())
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// listed gives "7720, 7721" or, of many, their number.
func listed(list []uint16) string {
	if len(list) > maxHoldersNamed {
		return fmt.Sprintf("%d ports from %d to %d", len(list), list[0], list[len(list)-1])
	}
	var names []string
	for _, port := range list {
		names = append(names, fmt.Sprint(port))
	}
	return strings.Join(names, ", ")
}
