package ssdp

// A Rung is what a Listener stands on.
type Rung uint8

const (
	RungOff   Rung = iota // nothing is heard
	RungGroup             // a socket bound to the group: it holds the port, and shares it
	RungRaw               // a raw socket: whoever holds the port does not matter
)

func (r Rung) String() string { return [...]string{"off", "group", "raw"}[r] }
