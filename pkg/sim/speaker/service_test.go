package speaker

import (
	"fmt"
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	tests := []struct {
		at   time.Duration
		want string
	}{
		{0, "0:00:00"},
		{999 * time.Millisecond, "0:00:00"},
		{61 * time.Second, "0:01:01"},
		{11*time.Hour + 59*time.Minute + 59*time.Second, "11:59:59"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.at), func(t *testing.T) {
			if got := clock(tt.at); tt.want != got {
				t.Errorf("want %s, got %s", tt.want, got)
			}
		})
	}
}

// The service descriptions and the code must name the same actions, each with
// as many values as it has out arguments.
func TestEveryDescribedActionHasAHandler(t *testing.T) {
	var services []*service
	for _, q := range []Quirks{{}, {OpenHome: true}} {
		s, err := New(Options{Name: "x", Quirks: q})
		if err != nil {
			t.Fatal(err)
		}
		services = append(services, s.services...)
	}
	for _, service := range services {
		if len(service.actions) != len(service.handlers) {
			t.Errorf("%s: %d actions described, %d made", service.name, len(service.actions), len(service.handlers))
		}
		for name := range service.actions {
			if service.handlers[name] == nil {
				t.Errorf("%s: %s is described, but not made", service.name, name)
			}
		}
	}
}
