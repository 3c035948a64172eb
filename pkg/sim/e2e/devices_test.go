package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"testing"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/sim/demo"
	"github.com/breezeway-audio/breezeway/pkg/sim/loopback"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

// A speaker that no search reaches is found at the URL in BREEZEWAY_DEVICES, and then
// /readyz says that the bridge is ready.
func TestSpeakerNamedByDevicesVariable(t *testing.T) {
	t.Parallel()
	elsewhere, _ := loopback.SharedPort(t)
	sp, err := speaker.New(speaker.Options{
		Name: "Far away", Listen: demo.Loopback,
		SSDPGroup: netip.AddrPortFrom(netip.MustParseAddr("239.255.255.250"), elsewhere),
		Log:       zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return sp.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
	})
	<-sp.Ready()
	c, err := demo.Config("BREEZEWAY_DEVICES=" + sp.Location())
	if err != nil {
		t.Fatal(err)
	}
	s, err := demo.NewSimulation(c, demo.Options{Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	group.Go(func() error { return s.Run(ctx) })
	if _, err := s.Find(ctx, "Far away"); err != nil {
		t.Fatal(err)
	}
	err = demo.Poll(ctx, waitTimeout, func() bool { return isReady(t, s.Daemon.HTTPPort()) })
	if err != nil {
		t.Errorf("want readiness, got %v", err)
	}
}

// isReady asks /readyz, whose status code and body must agree.
func isReady(t *testing.T, port uint16) bool {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d%s", port, web.ReadyPath))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var body struct{ Ready bool }
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	if body.Ready != (answer.StatusCode == http.StatusOK) {
		t.Errorf("want one answer, got %v and %d", body.Ready, answer.StatusCode)
	}
	return body.Ready
}
