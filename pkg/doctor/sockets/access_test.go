package sockets

import (
	"net/netip"
	"testing"
)

func TestAmong(t *testing.T) {
	at := func(local string, only6 bool) Holder {
		return Holder{Local: netip.MustParseAddrPort(local), OnlyIPv6: only6}
	}
	group, group6 := netip.MustParseAddr("239.255.255.250"), netip.MustParseAddr("ff02::fb")
	cases := []struct {
		name    string
		holders []Holder
		group   netip.Addr
		want    Access
	}{
		{"nobody", nil, group, AccessFree},
		{"on all", []Holder{at("0.0.0.0:1900", false)}, group, AccessShared},
		{"on the group", []Holder{at("239.255.255.250:1900", false)}, group, AccessShared},
		{"on another group", []Holder{at("224.0.0.251:1900", false)}, group, AccessBeside},
		{"on one address", []Holder{at("192.0.2.1:1900", false)}, group, AccessBeside},
		{"on one address and all", []Holder{at("192.0.2.1:1900", false), at("0.0.0.0:1900", false)}, group, AccessShared},
		{"on all and one address", []Holder{at("0.0.0.0:1900", false), at("192.0.2.1:1900", false)}, group, AccessShared},
		{"of IPv6 alone", []Holder{at("[::]:1900", true)}, group, AccessFree},
		{"of both families", []Holder{at("[::]:1900", false)}, group, AccessShared},
		{"of both families, for IPv6", []Holder{at("[::]:1900", false)}, group6, AccessShared},
		{"of IPv4, for IPv6", []Holder{at("0.0.0.0:1900", false)}, group6, AccessFree},
		{"on a group of IPv6", []Holder{at("[ff02::fb%eth0]:5353", true)}, group6, AccessShared},
		{"on an address of IPv6", []Holder{at("[2001:db8::1]:5353", true)}, group6, AccessBeside},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Among(c.holders, c.group); got != c.want {
				t.Errorf("want %v, got %v", c.want, got)
			}
		})
	}
}
