package mdns

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
)

// A Hearing is what a self-check found out on one interface: a question for a
// service of ours, put as any program on the network would put it, and whether
// the answer came. It covers the port's other holders, the firewall of this
// machine and our own answering, not the switches and access points beyond.
type Hearing struct {
	IPv6      bool   // asked over IPv6, otherwise over IPv4
	Interface string // name
	Heard     bool
	At        time.Time // of the question; zero when none was put
	Err       error     // why it was not heard
}

func (h Hearing) family() multicast.Family {
	if h.IPv6 {
		return multicast.IPv6
	}
	return multicast.IPv4
}
