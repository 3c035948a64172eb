package mdns

import "time"

// TakePortsSoon has a Responder take a port soon after avahi left it.
func TakePortsSoon(r *Responder) { r.waits.avahiGrace = 100 * time.Millisecond }
