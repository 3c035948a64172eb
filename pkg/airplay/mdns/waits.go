package mdns

import "time"

// waits are how long the parts of a Responder wait before they look again; tests
// have shorter ones.
type waits struct {
	// bindRetry is the time between attempts to get a port that is not to be had,
	// and between looks at who shares one that is.
	bindRetry time.Duration
	// readRetry is the time until a socket that failed is opened anew.
	readRetry time.Duration
	// avahiGrace is how long an avahi that left has to come back before we take
	// the port that it held.
	avahiGrace time.Duration
}

var defaultWaits = waits{bindRetry: bindRetry, readRetry: readRetry, avahiGrace: avahiGrace}

const (
	bindRetry  = 30 * time.Second
	readRetry  = time.Second
	avahiGrace = 5 * time.Second
)

// idleWait is how long a part sleeps when nothing is due.
const idleWait = time.Hour

// signal leaves a signal in a channel of capacity 1.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
		// One is there already: whoever takes it will look at everything
	}
}
