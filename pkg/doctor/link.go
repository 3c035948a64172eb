package doctor

import "net"

// A link is the kind of an interface.
type link struct {
	kind     string // the kernel's word: "veth", "macvlan", "device", ...
	mac      net.HardwareAddr
	wireless bool
}
