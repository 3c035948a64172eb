package ssdp

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

func TestRegister(t *testing.T) {
	alive := Notice{Kind: NoticeAlive, UDN: "uuid:1", USN: "uuid:1::urn:x:1", Location: "http://192.0.2.1/", BootID: 1}
	with := func(change func(*Notice)) Notice {
		n := alive
		change(&n)
		return n
	}
	steps := []struct {
		name string
		n    Notice
		want entryKind
	}{
		{"first", alive, entryNew},
		{"again", alive, entryKnown},
		{"of another service", with(func(n *Notice) { n.USN = "uuid:1::urn:y:1" }), entryKnown},
		{"moved", with(func(n *Notice) { n.Location = "http://192.0.2.2/" }), entryNew},
		{"restarted", with(func(n *Notice) { n.BootID = 2 }), entryNew},
		{"leaves", with(func(n *Notice) { n.Kind = NoticeByebye }), entryNew},
		{"is back", alive, entryNew},
		{"leaves again", with(func(n *Notice) { n.Kind = NoticeByebye }), entryNew},
		{"another device", with(func(n *Notice) { n.UDN = "uuid:2" }), entryNew},
	}
	var r recentNotices
	source, now := netip.MustParseAddr("192.0.2.1"), time.Unix(1000, 0)
	r.admit(source, now)
	for _, s := range steps {
		if got := r.enter(s.n); s.want != got {
			t.Errorf("%s: want %v, got %v", s.name, s.want, got)
		}
	}
	r.admit(source, now.Add(noticeWindow))
	if got := r.enter(alive); got != entryNew {
		t.Errorf("next window: want it new, got %v", got)
	}
}

func TestRegisterBounded(t *testing.T) {
	var r recentNotices
	source, now := netip.MustParseAddr("192.0.2.1"), time.Unix(1000, 0)
	admitted, entered := 0, 0
	for i := range 4 * maxNoticesPerSource {
		if !r.admit(source, now) {
			continue
		}
		admitted++
		if r.enter(Notice{UDN: fmt.Sprint(i)}) == entryNew {
			entered++
		}
	}
	if admitted != maxNoticesPerSource || entered != maxDevices || len(r.last) != maxDevices {
		t.Errorf("want %d datagrams and %d devices, got %d and %d, %d kept",
			maxNoticesPerSource, maxDevices, admitted, entered, len(r.last))
	}
	addr := netip.MustParseAddr("198.51.0.0")
	for range 2 * maxSources {
		r.admit(addr, now)
		addr = addr.Next()
	}
	if len(r.sources) != maxSources {
		t.Errorf("want %d sources at most, got %d", maxSources, len(r.sources))
	}
	if !r.admit(source, now.Add(noticeWindow)) || len(r.last) != 0 {
		t.Error("want everybody heard again in the next window")
	}
}
