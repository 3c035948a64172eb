package bridge

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A speaker that was described at a server on loopback, and a manager that
// knows it.
type acquaintance struct {
	t       *testing.T
	manager *Manager
	group   *errgroup.Group
	known   *places
	entry   *entry
	from    netip.AddrPort
}

// noticedAt is when the notices come.
var noticedAt = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const rendererTarget = "urn:schemas-upnp-org:device:MediaRenderer:1"

func acquaint(t *testing.T) *acquaintance {
	server := httptest.NewServer(http.NotFoundHandler()) // a look fails, but it is one
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(t.Context())
	group, _ := errgroup.WithContext(ctx)
	m := NewManager(ManagerOptions{
		Client:     upnp.NewClient(upnp.Options{}),
		NameFormat: func(name string) string { return name },
	})
	e := &entry{udn: "uuid:1", bridge: &Bridge{}, location: server.URL + "/1.xml", from: netip.MustParseAddr("127.0.0.1")}
	m.roster[e.udn] = e
	a := &acquaintance{t, m, group, newPlaces(), e, netip.AddrPortFrom(e.from, 1900)}
	t.Cleanup(func() {
		cancel()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
	})
	a.known.visit(ssdp.Answer{Location: e.location, BootID: 1}, time.Time{})
	a.known.described(finding{location: e.location, targets: []*target{{udn: e.udn}}}, noticedAt)
	return a
}

// hear gives the manager a notice and reports whether it looked.
func (a *acquaintance) hear(n ssdp.Notice, now time.Time) bool {
	a.t.Helper()
	n.From, n.USN, n.NT = a.from, n.UDN+"::"+rendererTarget, rendererTarget
	looking := func() bool { pl := a.known.all[n.Location]; return pl != nil && pl.looking }
	if n.Kind == ssdp.NoticeByebye {
		looking = func() bool { return a.known.all[a.entry.location].looking }
	}
	if looking() {
		a.t.Fatal("a look is under way")
	}
	a.manager.notice(a.t.Context(), a.group, a.known, n, now)
	if !looking() {
		return false
	}
	f := <-a.manager.foundC
	f.err = nil // as if it were described
	a.known.described(f, now)
	return true
}

func TestNotices(t *testing.T) {
	now := noticedAt
	alive := func(a *acquaintance) ssdp.Notice {
		return ssdp.Notice{Kind: ssdp.NoticeAlive, UDN: a.entry.udn, Location: a.entry.location, BootID: 1}
	}
	tests := []struct {
		name                 string
		change               func(*acquaintance, *ssdp.Notice)
		look, seen, doubtful bool
	}{
		{"alive", func(*acquaintance, *ssdp.Notice) {}, false, true, false},
		{"alive without BOOTID", func(_ *acquaintance, n *ssdp.Notice) { n.BootID = 0 }, false, true, false},
		{"restarted", func(_ *acquaintance, n *ssdp.Notice) { n.BootID = 2 }, true, true, false},
		{"update", func(_ *acquaintance, n *ssdp.Notice) { n.Kind, n.NextBootID = ssdp.NoticeUpdate, 2 }, true, true, false},
		{"at a new LOCATION", func(_ *acquaintance, n *ssdp.Notice) { n.Location += "?new" }, true, false, false},
		{"back", func(a *acquaintance, _ *ssdp.Notice) { a.entry.absent = now }, true, false, false},
		{"leaves", func(_ *acquaintance, n *ssdp.Notice) { n.Kind, n.Location = ssdp.NoticeByebye, "" }, true, false, true},
		{"a stranger leaves", func(_ *acquaintance, n *ssdp.Notice) {
			n.Kind, n.UDN, n.Location = ssdp.NoticeByebye, "uuid:2", ""
		}, false, false, false},
		{"one that is gone leaves", func(a *acquaintance, n *ssdp.Notice) {
			n.Kind, n.Location, a.entry.absent = ssdp.NoticeByebye, "", now
		}, false, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := acquaint(t)
			n := alive(a)
			tt.change(a, &n)
			if got := a.hear(n, now); tt.look != got {
				t.Errorf("want a look %v, got %v", tt.look, got)
			}
			if got := a.entry.seen.Equal(now); tt.seen != got {
				t.Errorf("want a sign of life %v, got %v", tt.seen, got)
			}
			if got := a.entry.suspect; tt.doubtful != got {
				t.Errorf("want doubt %v, got %v", tt.doubtful, got)
			}
			if _, there := a.manager.roster[a.entry.udn]; !there {
				t.Error("want the speaker kept: anybody can send a notice")
			}
		})
	}
}

// A speaker that said it leaves may answer once more: it is doubted until it
// answers a while later.
func TestByebyeIsDoubtedForAWhile(t *testing.T) {
	a := acquaint(t)
	here := &target{udn: a.entry.udn}
	f := finding{location: a.entry.location}
	a.hear(ssdp.Notice{Kind: ssdp.NoticeByebye, UDN: a.entry.udn}, noticedAt)
	a.manager.keep(t.Context(), a.group, a.entry, here, f, noticedAt)
	if !a.entry.suspect {
		t.Error("want doubt after a look right after the byebye")
	}
	a.manager.keep(t.Context(), a.group, a.entry, here, f, noticedAt.Add(surveyEvery))
	if a.entry.suspect {
		t.Error("want no doubt after a look later on")
	}
}
