package ssdp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rs/zerolog"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/settings"
	"github.com/breezeway-audio/breezeway/pkg/sim/holder"
	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
)

var modes = []settings.SSDPListen{settings.SSDPListenOff, settings.SSDPListenAuto, settings.SSDPListenRaw}

// lan are the interfaces of the test's LAN.
func lan(t *testing.T) []netif.Interface {
	t.Helper()
	all, err := netif.List()
	must(t, err)
	return netif.Select(all, []string{"lan*"})
}

// wantMethod waits for a method, and that the neighbour is heard on it.
func wantMethod(t *testing.T, l *listenerFixture, n *neighbour, want ssdp.ListenMethod) {
	t.Helper()
	if l.State().Mode == settings.SSDPListenOff {
		return
	}
	eventually(t, fmt.Sprintf("method %v", want), func() bool {
		s := l.State()
		return s.Method == want && (want != ssdp.MethodOff || s.Err != nil)
	})
	if want != ssdp.MethodOff {
		n.wantHeard(t, l, farAddr)
	}
}

func TestListenMethods(t *testing.T) {
	if namespace.Own(t) {
		tryMethods(t, true)
	}
}

func TestListenMethodsWithoutNetRaw(t *testing.T) {
	if namespace.Own(t, unix.CAP_NET_RAW) {
		tryMethods(t, false)
	}
}

// tryMethods has every holder come before and after a Listener of every mode.
func tryMethods(t *testing.T, netRaw bool) {
	n := newNeighbour(t)
	n.plug(t, "lan0", hostAddr, farAddr)
	const alone = true // shared with all who are there
	t.Run("no holder", func(t *testing.T) {
		for _, mode := range modes {
			l := listen(t, ssdp.ListenerOptions{Mode: mode}, lan(t)...)
			wantMethod(t, l, n, methodOf(mode, alone, netRaw))
			l.stop()
		}
	})
	for _, w := range ways {
		for _, mode := range modes {
			t.Run(fmt.Sprintf("%s/first/%v", w.Name, mode), func(t *testing.T) {
				conn, _ := come(t, w)
				l := listen(t, ssdp.ListenerOptions{Mode: mode}, lan(t)...)
				wantMethod(t, l, n, methodOf(mode, w.SharesGroup, netRaw))
				wantUnicast(t, w, n, conn)
				wantReason(t, l)
			})
			t.Run(fmt.Sprintf("%s/second/%v", w.Name, mode), func(t *testing.T) {
				l := listen(t, ssdp.ListenerOptions{Mode: mode}, lan(t)...)
				wantMethod(t, l, n, methodOf(mode, alone, netRaw))
				if l.State().Method == ssdp.MethodGroup && !w.SharesGroup {
					if conn, err := w.Open(ssdpPort); !errors.Is(err, syscall.EADDRINUSE) {
						t.Errorf("want it kept out, as the kernel's rules say; got %v, %v", conn, err)
					}
					return
				}
				conn, _ := come(t, w)
				wantUnicast(t, w, n, conn)
				wantMethod(t, l, n, methodOf(mode, alone, netRaw))
			})
		}
	}
}

// wantReason wants the state to say why it is no better.
func wantReason(t *testing.T, l *listenerFixture) {
	t.Helper()
	s := l.State()
	below := s.Mode == settings.SSDPListenAuto && s.Method != ssdp.MethodGroup
	if got := errors.Is(s.Err, syscall.EADDRINUSE); got != below {
		t.Errorf("want the port in use as the reason %v, got %v", below, s.Err)
	}
	off := s.Mode != settings.SSDPListenOff && s.Method == ssdp.MethodOff
	if got := errors.Is(s.Err, syscall.EPERM); got != off {
		t.Errorf("want NET_RAW missing as the reason %v, got %v", off, s.Err)
	}
}

func TestHandOver(t *testing.T) {
	if namespace.Own(t) {
		handOver(t, true)
	}
}

func TestHandOverWithoutNetRaw(t *testing.T) {
	if namespace.Own(t, unix.CAP_NET_RAW) {
		handOver(t, false)
	}
}

// handOver has holders come and go while a Listener runs.
func handOver(t *testing.T, netRaw bool) {
	n := newNeighbour(t)
	n.plug(t, "lan0", hostAddr, farAddr)
	t.Run("an exclusive one goes", func(t *testing.T) {
		conn, gone := come(t, holder.Exclusive)
		var log bytes.Buffer
		var mu sync.Mutex // guards log
		l := listen(t, ssdp.ListenerOptions{Mode: settings.SSDPListenAuto, Log: zerolog.New(lockedWriter{&mu, &log})}, lan(t)...)
		before := methodOf(settings.SSDPListenAuto, false, netRaw)
		wantMethod(t, l, n, before)
		l.changes <- struct{}{} // it is still there
		wantMethod(t, l, n, before)
		wantUnicast(t, holder.Exclusive, n, conn)
		since := l.State().Since
		gone()
		l.changes <- struct{}{}
		wantMethod(t, l, n, ssdp.MethodGroup)
		if s := l.State(); s.Err != nil || !s.Since.After(since) {
			t.Errorf("want a state of its own without an error, got %+v", s)
		}
		l.stop()
		mu.Lock()
		defer mu.Unlock()
		if got := strings.Count(log.String(), "\n"); got != 2 {
			t.Errorf("want one line for each method, got %s", log.String())
		}
	})
	t.Run("one that shares comes and goes", func(t *testing.T) {
		l := listen(t, ssdp.ListenerOptions{Mode: settings.SSDPListenAuto}, lan(t)...)
		wantMethod(t, l, n, ssdp.MethodGroup)
		for range 2 {
			conn, gone := come(t, polite)
			wantMethod(t, l, n, ssdp.MethodGroup)
			wantUnicast(t, polite, n, conn)
			gone()
			l.changes <- struct{}{}
			wantMethod(t, l, n, ssdp.MethodGroup)
		}
	})
	t.Run("an exclusive one comes and goes beside mode raw", func(t *testing.T) {
		l := listen(t, ssdp.ListenerOptions{Mode: settings.SSDPListenRaw}, lan(t)...)
		want := methodOf(settings.SSDPListenRaw, false, netRaw)
		wantMethod(t, l, n, want)
		for range 2 {
			conn, gone := come(t, holder.Exclusive)
			l.changes <- struct{}{}
			wantMethod(t, l, n, want)
			wantUnicast(t, holder.Exclusive, n, conn)
			gone()
			l.changes <- struct{}{}
			wantMethod(t, l, n, want)
		}
	})
}

// An interface that is made anew is joined anew, on either method.
func TestInterfaceMadeAnew(t *testing.T) {
	if !namespace.Own(t) {
		return
	}
	for _, mode := range []settings.SSDPListen{settings.SSDPListenAuto, settings.SSDPListenRaw} {
		t.Run(mode.String(), func(t *testing.T) { remake(t, mode) })
	}
}

func remake(t *testing.T, mode settings.SSDPListen) {
	n := newNeighbour(t)
	watcher := netif.NewWatcher([]string{"lan*"})
	changes, end := watcher.Subscribe()
	defer end()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := watcher.Run(ctx); err != nil {
			t.Errorf("watcher: %v", err)
		}
	})
	defer running.Wait()
	defer cancel()
	l := listen(t, ssdp.ListenerOptions{Mode: mode, Interfaces: watcher.Current, Changes: changes})
	joined := func(want int) func() bool {
		return func() bool { s := l.State(); return len(s.Joined) == want && len(s.Failed) == 0 }
	}
	for range 3 {
		n.plug(t, "lan0", hostAddr, farAddr)
		eventually(t, "lan0 joined", joined(1))
		n.wantHeard(t, l, farAddr)
		namespace.Unplug(t, "lan0")
		eventually(t, "lan0 left", joined(0))
	}
	// One that comes beside another leaves that one alone.
	n.plug(t, "lan0", hostAddr, farAddr)
	eventually(t, "lan0 joined", joined(1))
	n.plug(t, "lan1", hostSecond, farSecond)
	eventually(t, "both joined", joined(2))
	n.wantHeard(t, l, farAddr)
	n.wantHeard(t, l, farSecond)
	namespace.Unplug(t, "lan0")
	eventually(t, "lan1 joined alone", joined(1))
	n.wantHeard(t, l, farSecond)
	namespace.Unplug(t, "lan1")
}

// The kernel limits the memberships of a socket: what is over it is named, and
// joined once there is room.
func TestMembershipLimit(t *testing.T) {
	if !namespace.Own(t) {
		return
	}
	const limit = "/proc/sys/net/ipv4/igmp_max_memberships"
	must(t, os.WriteFile(limit, []byte("1"), 0))
	n := newNeighbour(t)
	n.plug(t, "lan0", hostAddr, farAddr)
	n.plug(t, "lan1", hostSecond, farSecond)
	var log bytes.Buffer
	var mu sync.Mutex // guards log
	l := listen(t, ssdp.ListenerOptions{Mode: settings.SSDPListenAuto, Log: zerolog.New(lockedWriter{&mu, &log})}, lan(t)...)
	wantMethod(t, l, n, ssdp.MethodGroup)
	if s := l.State(); len(s.Joined) != 1 || !errors.Is(s.Failed["lan1"], syscall.ENOBUFS) || s.Err != nil {
		t.Errorf("want lan0 joined and no room for lan1, got %+v", s)
	}
	l.changes <- struct{}{} // nothing new to log
	must(t, os.WriteFile(limit, []byte("2"), 0))
	l.changes <- struct{}{}
	eventually(t, "both joined", func() bool { s := l.State(); return len(s.Joined) == 2 && len(s.Failed) == 0 })
	n.wantHeard(t, l, farSecond)
	l.stop()
	mu.Lock()
	defer mu.Unlock()
	for _, once := range []string{"net.ipv4.igmp_max_memberships", "on this interface again"} {
		if got := strings.Count(log.String(), once); got != 1 {
			t.Errorf("want %q once in the log, got %d: %s", once, got, log.String())
		}
	}
}

// What others join, and what is sent to other ports, stays theirs: the kernel
// does not even wake us.
func TestOnlyWhatWasJoinedIsHeard(t *testing.T) {
	if !namespace.Own(t) {
		return
	}
	n := newNeighbour(t)
	n.plug(t, "lan0", hostAddr, farAddr)
	n.plug(t, "wan0", hostSecond, farSecond)
	other, _ := come(t, polite)
	must(t, ipv4.NewPacketConn(other).JoinGroup(interfaceOf(t, hostSecond), net.UDPAddrFromAddrPort(ssdp.Group)))
	for _, mode := range []settings.SSDPListen{settings.SSDPListenAuto, settings.SSDPListenRaw} {
		t.Run(mode.String(), func(t *testing.T) {
			l := listen(t, ssdp.ListenerOptions{Mode: mode}, lan(t)...)
			wantMethod(t, l, n, methodOf(mode, true, true))
			n.send(t, farSecond, ssdp.Group, rendererAlive)
			n.send(t, farAddr, netip.AddrPortFrom(ssdp.Group.Addr(), 1901), rendererAlive)
			n.send(t, farAddr, netip.MustParseAddrPort(hostAddr+":1900"), rendererAlive)
			n.wantHeard(t, l, farAddr) // whatever came before is counted by now
			if want, got := (ssdp.ListenerStats{Notices: 2}), l.Stats(); want != got {
				t.Errorf("want %+v, got %+v", want, got)
			}
		})
	}
}
