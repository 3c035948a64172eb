package e2e_test

import (
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/doctor/instance"
	"github.com/breezeway-audio/breezeway/pkg/settings"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// The doctor and the health check find the daemon that runs on the same host.
func TestRunningInstance(t *testing.T) {
	t.Parallel()
	const udn = "uuid:5e0a1c9e-0000-4000-8000-000000000002"
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", UDN: udn})
	sim.eventually("the speaker is offered", func() bool { return sim.snapshot(udn).Port != 0 })
	port := sim.Daemon.HTTPPort()
	within := settings.PortRange{First: port, Last: port}
	r, ok := instance.New(within, 0).Running(t.Context())
	if !ok || r.Port != port || r.Speakers != 1 || !strings.Contains(r.MDNS, "over IPv4") || len(r.Missing) > 0 {
		t.Errorf("want the daemon with its speaker, got %v %+v", ok, r)
	}
	if r, ok := instance.New(within, port).Running(t.Context()); ok {
		t.Errorf("want a command not to take its own port for another instance, got %+v", r)
	}
}
