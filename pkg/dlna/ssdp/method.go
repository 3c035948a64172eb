package ssdp

// A ListenMethod is how a Listener receives announcements.
type ListenMethod uint8

const (
	// Nothing is received.
	MethodOff ListenMethod = iota // off
	// A socket bound to the group: it holds the port, and shares it.
	MethodGroup // group
	// A raw socket: it does not matter which program holds the port.
	MethodRaw // raw
)
