package ssdp

// A Mode says how a Listener may listen.
type Mode uint8

const (
	ListenOff  Mode = iota // no socket at all
	ListenAuto             // the group's socket, else the raw one, else none
	ListenRaw              // the raw socket, which never holds the port, else none
)

var modeNames = [...]string{"off", "auto", "raw"}

func (m Mode) String() string { return modeNames[m] }

// A Rung is what a Listener stands on.
type Rung uint8

const (
	RungOff   Rung = iota // nothing is heard
	RungGroup             // a socket bound to the group: it holds the port, and shares it
	RungRaw               // a raw socket: whoever holds the port does not matter
)

func (r Rung) String() string { return [...]string{"off", "group", "raw"}[r] }
