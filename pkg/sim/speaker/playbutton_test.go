package speaker_test

import (
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// The play button does what Play does, and subscribers get the events.
func TestPressPlay(t *testing.T) {
	s := start(t, speaker.Options{})
	if err := s.PressPlay(); err == nil {
		t.Error("nothing is loaded: want an error")
	}
	callback, notices := subscriber(t)
	subscribe(t, s, "AVTransport", subscribeHeader(callback))
	told := func(states ...string) {
		t.Helper()
		for _, state := range states {
			if got := next(t, notices).properties["LastChange"]; !strings.Contains(got, `<TransportState val="`+state+`"/>`) {
				t.Fatalf("want TransportState %s, got %s", state, got)
			}
		}
	}
	press := func() {
		t.Helper()
		if err := s.PressPlay(); err != nil {
			t.Error(err)
		}
	}
	play(t, s, live(t))
	told("NO_MEDIA_PRESENT", "STOPPED", "TRANSITIONING", "PLAYING")
	mustCall(t, s, "AVTransport", "Pause", "InstanceID", "0")
	told("PAUSED_PLAYBACK")
	press()
	told("PLAYING")
	mustCall(t, s, "AVTransport", "Stop", "InstanceID", "0")
	told("STOPPED")
	press()
	told("TRANSITIONING", "PLAYING")
}
