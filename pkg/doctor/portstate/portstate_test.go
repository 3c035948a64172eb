package portstate

import (
	"errors"
	"net/netip"
	"os"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/ports"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

func TestStateOf(t *testing.T) {
	holder := func(p sockets.Protocol, port uint16, pid int) sockets.Holder {
		return sockets.Holder{Protocol: p, Local: netip.AddrPortFrom(netip.IPv4Unspecified(), port), PID: pid, Command: "plex"}
	}
	const other = "plex (pid 1, uid 0) on 0.0.0.0:"
	pair := ports.Row{Ports: settings.PortRange{First: 10, Last: 11}, Protocol: ports.TCP, Needed: 1}
	group := ports.Row{Ports: settings.PortRange{First: 1900, Last: 1900}, Protocol: ports.UDP, Needed: 1, Group: netip.MustParseAddr("239.255.255.250")}
	unused := group
	unused.Unused = true
	us := os.Getpid()
	ours6 := holder(sockets.UDP, 1900, us)
	ours6.Local, ours6.OnlyIPv6 = netip.MustParseAddrPort("[::]:1900"), true
	theirs6, single := ours6, holder(sockets.UDP, 1900, 1)
	theirs6.PID, single.Local = 1, netip.MustParseAddrPort("192.0.2.1:1900")
	tests := map[string]struct {
		row     ports.Row
		holders []sockets.Holder
		access  sockets.Access
		fault   error
		want    ports.State
		detail  string
	}{
		"any":                                   {ports.Row{}, nil, 0, nil, ports.StateFree, "any that is free"},
		"free":                                  {pair, []sockets.Holder{holder(sockets.TCP, 12, 1), holder(sockets.UDP, 10, 1)}, 0, nil, ports.StateFree, ""},
		"one is left":                           {pair, []sockets.Holder{holder(sockets.TCP, 10, 1)}, 0, nil, ports.StateFree, "but for " + other + "10"},
		"none is left":                          {pair, []sockets.Holder{holder(sockets.TCP, 10, 1), holder(sockets.TCP, 11, 1)}, 0, nil, ports.StateHeld, other + "10, " + other + "11"},
		"ours":                                  {pair, []sockets.Holder{holder(sockets.TCP, 10, us)}, 0, nil, ports.StateOurs, "10"},
		"ours, moved":                           {pair, []sockets.Holder{holder(sockets.TCP, 10, 1), holder(sockets.TCP, 11, us)}, 0, nil, ports.StateOurs, "11; others: " + other + "10"},
		"multicast, free":                       {group, nil, 0, nil, ports.StateFree, ""},
		"multicast, ours":                       {group, []sockets.Holder{holder(sockets.UDP, 1900, us)}, 0, nil, ports.StateOurs, ""},
		"multicast, ours and others'":           {group, []sockets.Holder{holder(sockets.UDP, 1900, us), holder(sockets.UDP, 1900, 1)}, 0, nil, ports.StateShared, other + "1900"},
		"multicast, ours and one's of IPv6":     {group, []sockets.Holder{holder(sockets.UDP, 1900, us), theirs6}, 0, nil, ports.StateOurs, "plex (pid 1, uid 0) on [::]:1900"},
		"multicast, ours and one on an address": {group, []sockets.Holder{holder(sockets.UDP, 1900, us), single}, 0, nil, ports.StateOurs, "plex (pid 1, uid 0) on 192.0.2.1:1900"},
		"multicast, one on an address":          {group, []sockets.Holder{single}, sockets.AccessBeside, nil, ports.StateFree, "plex (pid 1, uid 0) on 192.0.2.1:1900"},
		"multicast, to be shared":               {group, []sockets.Holder{holder(sockets.UDP, 1900, 1)}, sockets.AccessShared, nil, ports.StateShared, other + "1900"},
		"multicast, held":                       {group, []sockets.Holder{holder(sockets.UDP, 1900, 1)}, sockets.AccessExclusive, nil, ports.StateHeld, other + "1900"},
		"multicast, held but for IPv6":          {group, []sockets.Holder{ours6, holder(sockets.UDP, 1900, 1)}, sockets.AccessExclusive, nil, ports.StateHeld, other + "1900"},
		"multicast, no trial":                   {group, []sockets.Holder{holder(sockets.UDP, 1900, 1)}, 0, errors.New("no"), ports.StateUnknown, "no"},
		"not used, free":                        {unused, nil, 0, nil, ports.StateUnused, "free"},
		"not used, held":                        {unused, []sockets.Holder{holder(sockets.UDP, 1900, 1)}, sockets.AccessExclusive, nil, ports.StateUnused, "held, " + other + "1900"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			survey := func(netip.AddrPort) (sockets.Survey, error) { return sockets.Survey{Access: test.access}, test.fault }
			state, detail := stateOf(test.row, sockets.NewTable(test.holders...), survey)
			if test.want != state || test.detail != detail {
				t.Errorf("want %v %q, got %v %q", test.want, test.detail, state, detail)
			}
		})
	}
}
