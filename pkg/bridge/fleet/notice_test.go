package fleet

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
)

// A noticeHarness is one with a speaker that was described at a server on
// loopback.
type noticeHarness struct {
	*harness
	speaker *speaker
	from    netip.AddrPort
}

const rendererTarget = "urn:schemas-upnp-org:device:MediaRenderer:1"

func newNoticeHarness(t *testing.T) *noticeHarness {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler()) // a look fails, but it is one
	t.Cleanup(server.Close)
	h := newHarnessWith(t, func(o *Options) { o.NameFormat = func(name string) string { return name } })
	s := &speaker{
		offer:    &offer{udn: "uuid:1", bridge: &bridge.Bridge{}},
		location: server.URL + "/1.xml", from: netip.MustParseAddr("127.0.0.1"),
	}
	h.roster[s.udn] = s
	h.known.visit(ssdp.Answer{Location: s.location, BootID: 1}, time.Time{})
	h.known.described(foundAt(s.location, s.udn), h.now)
	return &noticeHarness{harness: h, speaker: s, from: netip.AddrPortFrom(s.from, 1900)}
}

// hears gives the loop a notice and reports whether it looked.
func (h *noticeHarness) hears(n ssdp.Notice) bool {
	h.t.Helper()
	n.From, n.USN, n.NT = h.from, n.UDN+"::"+rendererTarget, rendererTarget
	at := n.Location
	if n.Kind == ssdp.NoticeByebye {
		at = h.speaker.location
	}
	if h.looking(at) {
		h.t.Fatal("a look is under way")
	}
	h.notice(n, h.now)
	if !h.looking(at) {
		return false
	}
	f := <-h.inbox.foundC
	f.err = nil // as if it were described
	h.known.described(f, h.now)
	return true
}

func TestNotices(t *testing.T) {
	tests := []struct {
		name                string
		change              func(*noticeHarness, *ssdp.Notice)
		look, seen, suspect bool
	}{
		{"alive", func(*noticeHarness, *ssdp.Notice) {}, false, true, false},
		{"alive without BOOTID", func(_ *noticeHarness, n *ssdp.Notice) { n.BootID = 0 }, false, true, false},
		{"restarted", func(_ *noticeHarness, n *ssdp.Notice) { n.BootID = 2 }, true, true, false},
		{"update", func(_ *noticeHarness, n *ssdp.Notice) { n.Kind, n.NextBootID = ssdp.NoticeUpdate, 2 }, true, true, false},
		{"at a new LOCATION", func(_ *noticeHarness, n *ssdp.Notice) { n.Location += "?new" }, true, false, false},
		{"back", func(h *noticeHarness, _ *ssdp.Notice) { h.speaker.absent = h.now }, true, false, false},
		{"leaves", func(_ *noticeHarness, n *ssdp.Notice) { n.Kind, n.Location = ssdp.NoticeByebye, "" }, true, false, true},
		{"a stranger leaves", func(_ *noticeHarness, n *ssdp.Notice) {
			n.Kind, n.UDN, n.Location = ssdp.NoticeByebye, "uuid:2", ""
		}, false, false, false},
		{"one that is gone leaves", func(h *noticeHarness, n *ssdp.Notice) {
			n.Kind, n.Location, h.speaker.absent = ssdp.NoticeByebye, "", h.now
		}, false, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newNoticeHarness(t)
			n := ssdp.Notice{Kind: ssdp.NoticeAlive, UDN: h.speaker.udn, Location: h.speaker.location, BootID: 1}
			tt.change(h, &n)
			if got := h.hears(n); tt.look != got {
				t.Errorf("want a look %v, got %v", tt.look, got)
			}
			if got := h.speaker.seen.Equal(h.now); tt.seen != got {
				t.Errorf("want a sign of life %v, got %v", tt.seen, got)
			}
			if got := h.speaker.suspect; tt.suspect != got {
				t.Errorf("want it suspect %v, got %v", tt.suspect, got)
			}
			if _, there := h.roster[h.speaker.udn]; !there {
				t.Error("want the speaker kept: anybody can send a notice")
			}
		})
	}
}

// A speaker that said it leaves may answer once more: it is suspect until it
// answers a while later.
func TestByebyeMakesSuspectForAWhile(t *testing.T) {
	h := newNoticeHarness(t)
	f := foundAt(h.speaker.location, h.speaker.udn)
	h.hears(ssdp.Notice{Kind: ssdp.NoticeByebye, UDN: h.speaker.udn})
	h.keep(h.speaker, f.found[0], f, h.now)
	if !h.speaker.suspect {
		t.Error("want it suspect after a look right after the byebye")
	}
	h.keep(h.speaker, f.found[0], f, h.now.Add(surveyEvery))
	if h.speaker.suspect {
		t.Error("want it trusted after a look later on")
	}
}
