package sonos_test

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	sim "github.com/breezeway-audio/breezeway/pkg/sim/sonos"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const timeout = 10 * time.Second

var loopback = netip.MustParseAddr("127.0.0.1")

// must fails the test for an error that is not what it is about.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// household runs a simulated household for the length of the test.
func household(t *testing.T, o sim.Options) *sim.Household {
	t.Helper()
	if o.ID == "" {
		o.ID = "Sonos_test"
	}
	o.Listen = loopback
	h, err := sim.New(o)
	must(t, err)
	run(t, h.Run)
	select {
	case <-h.Ready():
	case <-time.After(timeout):
		t.Fatal("the household does not come up")
	}
	return h
}

// run runs something for the length of the test.
func run(t *testing.T, what func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- what(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// describe fetches a simulated player's description.
func describe(t *testing.T, client *upnp.Client, p *sim.Player) *upnp.Device {
	t.Helper()
	root, err := client.Describe(t.Context(), p.Location(), loopback)
	must(t, err)
	return root
}

// playerOf is a simulated player as it is found.
func playerOf(t *testing.T, client *upnp.Client, p *sim.Player) sonos.Player {
	t.Helper()
	player, ok := sonos.PlayerOf(describe(t, client, p))
	if !ok {
		t.Fatalf("%s is not taken for a Sonos player", p.Room())
	}
	return player
}

// serveEvents mounts subscriptions on a port of loopback, and returns its base.
func serveEvents(t *testing.T, subscriptions *upnp.Subscriptions) (base string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	mux := http.NewServeMux()
	mux.Handle(upnp.NotifyPath, subscriptions)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: timeout}
	run(t, func(ctx context.Context) error {
		stop := context.AfterFunc(ctx, func() { server.Close() })
		defer stop()
		if err := server.Serve(listener); err != http.ErrServerClosed {
			return err
		}
		return nil
	})
	return "http://" + listener.Addr().String()
}
