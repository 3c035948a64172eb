package stall

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func TestMeter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := Watch(t)
		<-time.After(time.Second)
		if got := m.Longest(); got != 0 {
			t.Errorf("want no standstill while the clock ticks, got %v", got)
		}
		m.record(300 * time.Millisecond)
		m.record(20 * time.Millisecond)
		if want, got := 300*time.Millisecond, m.Longest(); want != got {
			t.Errorf("want %v, got %v", want, got)
		}
		if got := m.Longest(); got != 0 {
			t.Errorf("want it forgotten, got %v", got)
		}
	})
}

// failing is a test that notes its end.
type failing struct {
	testing.TB
	failed string
}

func (f *failing) Fatalf(format string, args ...any) {
	f.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestRetry(t *testing.T) {
	const bound = 50 * time.Millisecond
	cases := []struct {
		name   string
		faults int // of the first plays
		stalls bool
		plays  int
		fails  bool
	}{
		{"no fault", 0, false, 1, false},
		{"a fault of a steady machine", 1, false, 1, true},
		{"a fault of one that stalls", 1, true, 2, false},
		{"a fault each time", 9, true, 3, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, m, plays := &failing{TB: t}, &Meter{}, 0
			done := make(chan struct{})
			go func() {
				defer close(done)
				retry(f, m, bound, func() error {
					plays++
					if c.stalls {
						m.record(bound)
					}
					if plays <= c.faults {
						return errors.New("late")
					}
					return nil
				})
			}()
			<-done
			if plays != c.plays || (f.failed != "") != c.fails {
				t.Errorf("want %d plays and failure %v, got %d and %q", c.plays, c.fails, plays, f.failed)
			}
		})
	}
}
