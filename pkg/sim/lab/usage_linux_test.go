package lab

import (
	"testing"
	"time"
)

const (
	someStat   = "42 (a) b) S 1 42 42 0 -1 4194560 1 0 0 0 250 75 0 0 20 0 9 0 1 1 1"
	someStatus = "Name:\ta) b\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t9\n"
)

func TestParseUsage(t *testing.T) {
	cases := []struct {
		name, stat, status string
		want               Usage
		wantErr            bool
	}{
		{"running", someStat, someStatus, Usage{CPU: 3250 * time.Millisecond, RSS: 1 << 20, Max: 2 << 20}, false},
		{"ended: no memory", someStat, "Name:\tx\nState:\tZ (zombie)\n", Usage{}, true},
		{"cut short", "42 (x) S 1", someStatus, Usage{}, true},
		{"empty", "", "", Usage{}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseUsage([]byte(c.stat), []byte(c.status))
			if (err != nil) != c.wantErr {
				t.Fatalf("want error=%v, got %v", c.wantErr, err)
			}
			if err == nil && got != c.want {
				t.Errorf("want %+v, got %+v", c.want, got)
			}
		})
	}
}

func TestCPUPerMinute(t *testing.T) {
	began := time.Now()
	before := Usage{At: began, CPU: time.Second}
	after := Usage{At: began.Add(20 * time.Second), CPU: 1250 * time.Millisecond}
	if want, got := 750*time.Millisecond, after.CPUPerMinute(before); want != got {
		t.Errorf("want %v, got %v", want, got)
	}
}
