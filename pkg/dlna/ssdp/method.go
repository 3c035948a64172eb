package ssdp

// A ListenMethod is what a Listener stands on.
type ListenMethod uint8

const (
	MethodOff   ListenMethod = iota // nothing is heard
	MethodGroup                     // a socket bound to the group: it holds the port, and shares it
	MethodRaw                       // a raw socket: whoever holds the port does not matter
)

func (r ListenMethod) String() string { return [...]string{"off", "group", "raw"}[r] }
