package daemon

import (
	"context"
	"net/netip"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/doctor"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
)

func TestKnownRenderers(t *testing.T) {
	const location = "http://192.0.2.1/d.xml"
	kitchen := bridge.Speaker{Name: "Kitchen", Renderers: []player.Snapshot{{Name: "Kitchen", Location: location, Address: "192.0.2.1"}}}
	group := bridge.Speaker{Name: "Everywhere", Group: true, Renderers: []player.Snapshot{
		{Name: "Kitchen", Location: location, Address: "192.0.2.1"},
		{Name: "Bath", Location: "http://192.0.2.2/d.xml", Address: "192.0.2.2"},
		{UDN: "uuid:3"}, // away
	}}
	got := knownRenderers(fleet.Snapshot{Speakers: []bridge.Speaker{group, kitchen, {Name: "Away"}}})
	want := []doctor.Renderer{
		{Name: "Kitchen", Location: location, Addr: netip.MustParseAddr("192.0.2.1")},
		{Name: "Bath", Location: "http://192.0.2.2/d.xml", Addr: netip.MustParseAddr("192.0.2.2")},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("want %+v, got %+v", want, got)
	}
}

func TestNamedSpeakersOfTheDoctor(t *testing.T) {
	c, _, err := config.Load([]string{"BREEZEWAY_DEVICES=192.0.2.1,http://192.0.2.2:80/d.xml,192.0.2.2"})
	if err != nil {
		t.Fatal(err)
	}
	first, second := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	want := []doctor.Named{{Addr: first}, {Addr: second}, {Addr: second, Location: "http://192.0.2.2:80/d.xml"}}
	if got := namedSpeakers(c.Devices); !reflect.DeepEqual(got, want) {
		t.Errorf("want %+v, got %+v", want, got)
	}
	if got := distinctHosts(c.Devices); !reflect.DeepEqual(got, []netip.Addr{first, second}) {
		t.Errorf("want each once, got %v", got)
	}
}

// Only what failed, and what the monitor does not see itself, is a condition.
func TestFindings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finding := func(name string, status doctor.Status, watched bool) doctor.Finding {
			return doctor.Finding{Name: name, Watched: watched, Result: doctor.Result{Status: status, Seen: "seen", Means: "It means.", Do: []doctor.Step{{Text: "Do it."}}}}
		}
		background := doctor.NewBackground(doctor.BackgroundOptions{Log: zerolog.Nop(), Examine: func(context.Context) doctor.Report {
			return doctor.Report{Findings: []doctor.Finding{
				finding("fine", doctor.OK, false), finding("doubtful", doctor.Warning, false),
				finding("watched", doctor.Failed, true), finding("broken", doctor.Failed, false),
			}}
		}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := background.Run(ctx); err != nil {
			t.Fatal(err)
		}
		got := (&Daemon{background: background}).findings()
		want := []monitor.Condition{{Code: monitor.CodeDoctorFinding, Subject: "broken", Seen: "seen. It means.", Do: "Do it."}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("want %+v, got %+v", want, got)
		}
	})
	if got := (&Daemon{}).findings(); got != nil {
		t.Errorf("want nothing without a doctor, got %+v", got)
	}
}
