package doctor

import "net"

// A link is the kind of an interface.
type link struct {
	kind     string // as the kernel calls it: "veth", "macvlan", "device", ...
	mac      net.HardwareAddr
	wireless bool
}
