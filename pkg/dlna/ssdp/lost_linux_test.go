package ssdp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A socket that fails is closed, and the next retry opens another.
func TestListenerLosesItsSocket(t *testing.T) {
	changes := make(chan struct{})
	l := NewListener(ListenerOptions{
		Mode:       settings.SSDPListenAuto,
		Group:      netip.MustParseAddrPort("239.255.255.250:0"), // a free port
		Interfaces: func() []netif.Interface { return nil },
		Changes:    changes,
	})
	openedC := make(chan *multicast.Conn, 2)
	l.open = func(m ListenMethod, group netip.AddrPort) (*groupListener, error) {
		g, err := listenToGroup(m, group)
		if err == nil {
			openedC <- g.conn
		}
		return g, err
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := l.Run(ctx); err != nil {
			t.Errorf("want nil, got %v", err)
		}
	})
	defer running.Wait()
	defer cancel()

	first := <-openedC
	if err := first.SetReadDeadline(time.Now()); err != nil { // its reads fail
		t.Fatal(err)
	}
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(10 * time.Second); ; <-ticker.C {
		if s := l.State(); s.Method == MethodOff && errors.Is(s.Err, os.ErrDeadlineExceeded) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("want the socket lost, got %+v", l.State())
		}
	}
	if err := first.SetReadDeadline(time.Now()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("want the socket closed, got %v", err)
	}
	changes <- struct{}{}
	if second := <-openedC; second == first {
		t.Error("want another socket")
	}
	changes <- struct{}{} // taken after the state is published
	if s := l.State(); s.Method != MethodGroup || s.Err != nil {
		t.Errorf("want the group joined again, got %+v", s)
	}
}
