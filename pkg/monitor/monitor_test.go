package monitor_test

import (
	"bytes"
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

// What the doctor found is in the list with its age, and not logged again; who
// wants to know of conditions is told of each once.
func TestRunTakesFindings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finding := monitor.Condition{Code: monitor.CodeDoctorFinding, Subject: "speakers > Kitchen", Seen: "no way", Do: "look"}
		var found atomic.Bool
		var log bytes.Buffer
		var raised []monitor.Code
		m := monitor.New(monitor.Options{
			Snapshot: well,
			Findings: func() []monitor.Condition {
				if found.Load() {
					return []monitor.Condition{finding}
				}
				return nil
			},
			OnRaised: func(c monitor.Condition) { raised = append(raised, c.Code) },
			Log:      zerolog.New(&log),
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- m.Run(ctx) }()
		time.Sleep(time.Minute)
		found.Store(true)
		time.Sleep(time.Minute)
		got := m.Conditions()
		if len(got) != 1 || got[0].Subject != finding.Subject || got[0].Age(time.Now()) < 58*time.Second {
			t.Errorf("want the finding with its age, got %+v", got)
		}
		found.Store(false)
		time.Sleep(time.Minute)
		if got := m.Conditions(); len(got) != 0 {
			t.Errorf("want it gone, got %+v", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if len(raised) != 1 || raised[0] != monitor.CodeDoctorFinding || log.Len() > 0 {
			t.Errorf("want it told once and not logged, got %v, %s", raised, &log)
		}
	})
}

func TestRunRaisesAndClears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held atomic.Bool
		var log bytes.Buffer
		var asked []string
		m := monitor.New(monitor.Options{
			Snapshot: func() fleet.Snapshot {
				s := well()
				if held.Load() {
					s.MDNS.IPv4 = mdns.PortHeld
				}
				return s
			},
			Holder: func(p ports.Protocol, port uint16) string {
				asked = append(asked, p.String())
				return "avahi-daemon (pid 7)"
			},
			Log: zerolog.New(&log),
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- m.Run(ctx) }()

		time.Sleep(time.Minute)
		if log.Len() > 0 || len(m.Conditions()) > 0 {
			t.Errorf("want silence while all is well, got %s", &log)
		}
		held.Store(true)
		time.Sleep(time.Minute)
		got := m.Conditions()
		if len(got) != 1 || got[0].Code != monitor.CodePortHeld || got[0].Holder != "avahi-daemon (pid 7)" {
			t.Errorf("want 5353 held with its holder, got %+v", got)
		}
		if age := got[0].Age(time.Now()); age < 58*time.Second || age > time.Minute {
			t.Errorf("want the age of a minute, got %v", age)
		}
		if len(asked) != 1 || asked[0] != "UDP" {
			t.Errorf("want the holder asked for once, got %v", asked)
		}
		held.Store(false)
		time.Sleep(time.Minute)
		if got := m.Conditions(); len(got) != 0 {
			t.Errorf("want it cleared, got %+v", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], `"holder":"avahi-daemon (pid 7)"`) ||
			!strings.Contains(lines[0], "condition raised") || !strings.Contains(lines[1], "condition cleared") {
			t.Errorf("want one line raised and one cleared, got %s", &log)
		}
	})
}
