package ssdp_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/net/ipv4"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/settings"
	"github.com/breezeway-audio/breezeway/pkg/sim/loopback"
)

// A listenerFixture is a Listener that runs, and what it passed on.
type listenerFixture struct {
	*ssdp.Listener
	notices chan ssdp.Notice
	changes chan struct{} // has it try again at once
	stop    func()
}

// listen runs a Listener until the test ends or stop is called, and fails the
// test if Run returns an error.
func listen(t *testing.T, options ssdp.ListenerOptions, interfaces ...netif.Interface) *listenerFixture {
	t.Helper()
	l := &listenerFixture{notices: make(chan ssdp.Notice, 1000), changes: make(chan struct{})}
	if options.Interfaces == nil {
		options.Interfaces = func() []netif.Interface { return interfaces }
		options.Changes = l.changes
	}
	options.OnNotice = func(n ssdp.Notice) { l.notices <- n }
	l.Listener = ssdp.NewListener(options)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := l.Run(ctx); err != nil {
			t.Errorf("Run: want nil, got %v", err)
		}
	})
	l.stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(l.stop)
	return l
}

// announcer sends to a group over lo.
func announcer(t *testing.T, group netip.AddrPort) func(datagram string) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := ipv4.NewPacketConn(conn).SetMulticastInterface(&net.Interface{Index: loopback.Interfaces(t)[0].Index}); err != nil {
		t.Fatal(err)
	}
	return func(datagram string) {
		t.Helper()
		if _, err := conn.WriteToUDPAddrPort([]byte(datagram), group); err != nil {
			t.Fatal(err)
		}
	}
}

// freeGroup is the group with a port that only this test has.
func freeGroup(t *testing.T) netip.AddrPort {
	t.Helper()
	port, _ := loopback.SharedPort(t)
	return netip.AddrPortFrom(ssdp.Group.Addr(), port)
}

func wantNotice(t *testing.T, l *listenerFixture) ssdp.Notice {
	t.Helper()
	select {
	case n := <-l.notices:
		return n
	case <-time.After(patience):
		t.Fatalf("want a notice, got none: %+v, %+v", l.State(), l.Stats())
		return ssdp.Notice{}
	}
}

func TestListenerHears(t *testing.T) {
	lo, group := loopback.Interfaces(t)[0], freeGroup(t)
	l := listen(t, ssdp.ListenerOptions{Mode: settings.SSDPListenAuto, Group: group}, lo)
	eventually(t, "the group's method", func() bool { return l.State().Method == ssdp.MethodGroup })
	if s := l.State(); s.Err != nil || len(s.Joined) != 1 || s.Joined[0] != lo.Name || len(s.Failed) != 0 {
		t.Errorf("want lo joined and no error, got %+v", s)
	}
	begin := time.Now()
	announce := announcer(t, group)
	router := strings.ReplaceAll(rendererAlive, "MediaRenderer", "InternetGatewayDevice")
	for _, d := range []string{rendererAnswer, router, "M-SEARCH * HTTP/1.1\r\n\r\n", rendererAlive, rendererAlive, rendererByebye} {
		announce(d)
	}
	n := wantNotice(t, l)
	if n.Kind != ssdp.NoticeAlive || n.UDN != "uuid:11111111-2222" {
		t.Errorf("want the renderer alive, got %+v", n)
	}
	if !n.From.Addr().IsLoopback() || n.From.Port() == 0 || n.Interface.Name != lo.Name || n.Received.Before(begin) {
		t.Errorf("want source, interface and time, got %+v", n)
	}
	if n := wantNotice(t, l); n.Kind != ssdp.NoticeByebye {
		t.Errorf("want the renderer to leave, got %+v", n)
	}
	l.stop()
	want := ssdp.ListenerStats{Notices: 2, Repeated: 1, Irrelevant: 1, Malformed: 1, Others: 1}
	if got := l.Stats(); want != got {
		t.Errorf("want %+v, got %+v", want, got)
	}
	if conn, err := bindGroup(ssdp.Group.Addr()); err != nil {
		t.Errorf("want the port free after the end, got %v", err)
	} else {
		conn.Close()
	}
}

// A unicast datagram never comes in, and one from another network is dropped.
func TestListenerKeepsToTheLink(t *testing.T) {
	lo, group := loopback.Interfaces(t)[0], freeGroup(t)
	foreign := lo
	foreign.Prefixes = []netip.Prefix{netip.MustParsePrefix("192.0.2.7/24")}
	var log bytes.Buffer
	var mu sync.Mutex // guards log
	l := listen(t, ssdp.ListenerOptions{
		Mode: settings.SSDPListenAuto, Group: group, Log: zerolog.New(lockedWriter{&mu, &log}),
	}, foreign)
	eventually(t, "lo joined", func() bool { return len(l.State().Joined) == 1 })
	announcer(t, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), group.Port()))(rendererAlive)
	announce := announcer(t, group)
	announce(rendererAlive)
	announce(rendererAlive)
	eventually(t, "both dropped", func() bool { return l.Stats().OffLink == 2 })
	l.stop()
	if want, got := (ssdp.ListenerStats{OffLink: 2}), l.Stats(); want != got {
		t.Errorf("want %+v, got %+v", want, got)
	}
	mu.Lock()
	defer mu.Unlock()
	if got := strings.Count(log.String(), "another network"); got != 1 {
		t.Errorf("want one line a minute, got %d: %s", got, log.String())
	}
}

func TestListenerFlooded(t *testing.T) {
	group := freeGroup(t)
	l := listen(t, ssdp.ListenerOptions{Mode: settings.SSDPListenAuto, Group: group}, loopback.Interfaces(t)[0])
	eventually(t, "lo joined", func() bool { return len(l.State().Joined) == 1 })
	announce := announcer(t, group)
	sent := 0
	eventually(t, "the source limited", func() bool {
		for range 50 {
			sent++
			announce(strings.ReplaceAll(rendererAlive, "uuid:11111111-2222", fmt.Sprintf("uuid:%d", sent)))
		}
		announce(strings.Repeat("A", 20000))
		announce("NOTIFY * HTTP/1.1\r\n\x00\xff")
		return l.Stats().Limited > 500
	})
	l.stop()
	if got := l.Stats(); got.Notices > 256 || got.Malformed == 0 {
		t.Errorf("want 256 devices at most and the garbage counted, got %+v of %d", got, sent)
	}
}

func TestListenerFollowsInterfaces(t *testing.T) {
	lo, group := loopback.Interfaces(t)[0], freeGroup(t)
	changes := make(chan struct{}, 1)
	var mu sync.Mutex // guards interfaces
	var interfaces []netif.Interface
	l := listen(t, ssdp.ListenerOptions{
		Mode: settings.SSDPListenAuto, Group: group, Changes: changes,
		Interfaces: func() []netif.Interface {
			mu.Lock()
			defer mu.Unlock()
			return interfaces
		},
	})
	set := func(now ...netif.Interface) {
		mu.Lock()
		interfaces = now
		mu.Unlock()
		changes <- struct{}{}
	}
	eventually(t, "the group's method without interfaces", func() bool { return l.State().Method == ssdp.MethodGroup })
	broken := netif.Interface{Name: "broken", Index: 99999, Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.7/24")}}
	bare := netif.Interface{Name: "bare", Index: 99998}
	set(broken, bare, lo)
	eventually(t, "lo joined", func() bool { return len(l.State().Joined) == 1 })
	if got := l.State().Failed; len(got) != 1 || got["broken"] == nil {
		t.Errorf("want broken failed alone, got %v", got)
	}
	announce := announcer(t, group)
	announce(rendererAlive)
	wantNotice(t, l)
	set()
	eventually(t, "lo left", func() bool { s := l.State(); return len(s.Joined) == 0 && len(s.Failed) == 0 })
	announce(rendererByebye) // nobody listens
	set(lo)
	eventually(t, "lo joined again", func() bool { return len(l.State().Joined) == 1 })
	announce(rendererUpdate)
	if n := wantNotice(t, l); n.Kind != ssdp.NoticeUpdate {
		t.Errorf("want the update, got %+v", n)
	}
}

// Mode off opens nothing, whatever changes.
func TestListenerOff(t *testing.T) {
	group := freeGroup(t)
	l := listen(t, ssdp.ListenerOptions{Group: group}, loopback.Interfaces(t)[0])
	if s := l.State(); s.Mode != settings.SSDPListenOff || s.Method != ssdp.MethodOff || s.Err != nil {
		t.Errorf("want it off without an error, got %+v", s)
	}
	l.stop()
}
