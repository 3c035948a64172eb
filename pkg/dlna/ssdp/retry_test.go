package ssdp

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A Listener that gets no socket tries again each minute and with every change
// of interfaces, and says so once.
func TestListenerRetries(t *testing.T) {
	tests := []struct {
		mode settings.SSDPListen
		want []ListenMethod // tried each time
	}{
		{settings.SSDPListenOff, nil},
		{settings.SSDPListenAuto, []ListenMethod{MethodGroup, MethodRaw}},
		{settings.SSDPListenRaw, []ListenMethod{MethodRaw}},
	}
	for _, tt := range tests {
		t.Run(tt.mode.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { refuse(t, tt.mode, tt.want) })
		})
	}
}

func refuse(t *testing.T, mode settings.SSDPListen, want []ListenMethod) {
	var log bytes.Buffer
	changes := make(chan struct{}, 1)
	l := NewListener(ListenerOptions{
		Mode:       mode,
		Interfaces: func() []netif.Interface { return nil },
		Changes:    changes,
		Log:        zerolog.New(&log),
	})
	triedC := make(chan ListenMethod, 10)
	l.open = func(r ListenMethod, _ netip.AddrPort) (*groupListener, error) {
		triedC <- r
		return nil, syscall.EPERM
	}
	ctx, cancel := context.WithCancel(t.Context())
	endC := make(chan error)
	go func() { endC <- l.Run(ctx) }()
	again := func(when string) {
		t.Helper()
		synctest.Wait()
		var tried []ListenMethod
		for range len(triedC) {
			tried = append(tried, <-triedC)
		}
		if !slices.Equal(want, tried) {
			t.Errorf("%s: want %v tried, got %v", when, want, tried)
		}
	}
	again("at the start")
	changes <- struct{}{}
	if mode == settings.SSDPListenOff {
		<-changes // nobody takes it
	}
	again("after a change")
	time.Sleep(retryEvery)
	again("after a minute")
	began := time.Now().Add(-retryEvery)
	if s := l.State(); s.Method != MethodOff || !s.Since.Equal(began) || errors.Is(s.Err, syscall.EPERM) != (want != nil) {
		t.Errorf("want off since the start and why, got %+v", s)
	}
	cancel()
	if err := <-endC; err != nil {
		t.Errorf("want nil, got %v", err)
	}
	lines := min(len(want), 1)
	if got := strings.Count(log.String(), "cannot listen"); lines != got {
		t.Errorf("want %d lines, got %d: %s", lines, got, log.String())
	}
}
