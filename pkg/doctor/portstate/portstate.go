// Package portstate finds the state of the ports in the plan of package ports on this
// host, from the sockets of all programs (package sockets), and names the programs
// that hold them.
package portstate

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

// A surveyor finds out who may use the port of a multicast group.
type surveyor func(group netip.AddrPort) (sockets.Survey, error)

// Mark fills in the state and its detail in each row of a plan.
func Mark(plan []ports.Row) error {
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

// stateOf returns the state of a row's ports, and which programs have them.
func stateOf(r ports.Row, table *sockets.Table, survey surveyor) (state ports.State, detail string) {
	if r.Ports.Any() {
		return ports.StateFree, "any that is free"
	}
	ours, others := splitOurs(table.Within(SocketProtocol(r.Protocol), r.Ports.First, r.Ports.Last))
	if r.Group.IsValid() {
		return stateOfGroup(r, ours, others, survey)
	}
	if len(others) > 0 {
		detail = names(others)
	}
	left := r.Ports.Len() - len(distinctPorts(others))
	switch {
	case len(ours) > 0:
		return ports.StateOurs, strings.TrimSuffix(portList(distinctPorts(ours))+"; others: "+detail, "; others: ")
	case left < r.Needed:
		return ports.StateHeld, detail
	}
	if detail != "" {
		detail = "but for " + detail
	}
	return ports.StateFree, detail
}

// stateOfGroup is stateOf for a multicast port, which programs may share.
func stateOfGroup(r ports.Row, ours, others []sockets.Holder, survey surveyor) (state ports.State, detail string) {
	state = ports.StateFree
	if len(others) > 0 {
		detail = names(others)
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
