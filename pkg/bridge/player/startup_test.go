package player

import (
	"testing"
	"time"
)

// What is known of a renderer's startup stays, where a newer measurement says the same
// less exactly: the first one of a stream is often half a second wide.
func TestStartup(t *testing.T) {
	const ms = time.Millisecond
	exact := startup{took: 20 * ms, uncertainty: 10 * ms}
	for _, c := range []struct {
		name            string
		known, measured startup
		want            startup
		expected        time.Duration
	}{
		{"not known", startup{}, startup{}, startup{}, usualStartup},
		{"the first measurement", startup{}, startup{250 * ms, 500 * ms}, startup{250 * ms, 500 * ms}, 250 * ms},
		{"the first one says nearly nothing", startup{}, startup{2 * time.Second, 4 * time.Second}, startup{}, usualStartup},
		{"then it is known more exactly", startup{250 * ms, 500 * ms}, exact, exact, 20 * ms},
		{"the next stream says the same less exactly", exact, startup{250 * ms, 500 * ms}, exact, 20 * ms},
		{"as exactly", exact, startup{25 * ms, 10 * ms}, startup{25 * ms, 10 * ms}, 25 * ms},
		{"takes longer now", exact, startup{750 * ms, 500 * ms}, startup{750 * ms, 500 * ms}, 750 * ms},
		{"leaves standby", exact, startup{12 * time.Second, 500 * ms}, startup{12 * time.Second, 500 * ms}, usualStartup},
		{"says nearly nothing", exact, startup{4 * time.Second, 4 * time.Second}, exact, 20 * ms},
	} {
		got := c.known.update(c.measured)
		if got != c.want || got.expected() != c.expected {
			t.Errorf("%s: want %v and %v expected, got %v and %v", c.name, c.want, c.expected, got, got.expected())
		}
	}
}
