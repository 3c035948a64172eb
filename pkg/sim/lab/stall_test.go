package lab

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestStallWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := WatchStalls(t)
		<-time.After(time.Second)
		if got := w.Longest(); got != 0 {
			t.Errorf("want no standstill while the clock ticks, got %v", got)
		}
		w.note(300 * time.Millisecond)
		w.note(20 * time.Millisecond)
		if want, got := 300*time.Millisecond, w.Longest(); want != got {
			t.Errorf("want %v, got %v", want, got)
		}
		if got := w.Longest(); got != 0 {
			t.Errorf("want it forgotten, got %v", got)
		}
	})
}
