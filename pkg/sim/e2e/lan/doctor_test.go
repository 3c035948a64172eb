//go:build linux

package lan_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

// doctorWithin bounds a run of the doctor.
const doctorWithin = 40 * time.Second

// A finding is a check in the doctor's report.
type finding struct {
	Name   string    `json:"name"`
	Status string    `json:"status"`
	Seen   string    `json:"seen"`
	Checks []finding `json:"checks"`
}

// runDoctor has the doctor look at the program's host and gives the check whose
// name begins so.
func (s *testLAN) runDoctor(t *testing.T, name string) finding {
	t.Helper()
	doctor := s.host.Start(t, lab.Program{Name: "doctor", Args: s.command("doctor", "--json"), Env: s.env})
	doctor.Wait(t, doctorWithin) // its exit code is about all checks
	text := strings.Join(doctor.Lines(), "\n")
	var report finding
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		t.Fatalf("want a report, got %v: %s", err, text)
	}
	for _, f := range report.Checks {
		if strings.HasPrefix(f.Name, name) {
			return f
		}
	}
	t.Fatalf("want a check %q, got %s", name, text)
	return finding{}
}
