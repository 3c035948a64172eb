package raop

import "fmt"

// A TakeoverPolicy says who may end a session that still lives in order to
// begin another. One that has ended, or of which nothing has been heard for
// SessionIdle, is in nobody's way under any policy.
type TakeoverPolicy uint8

const (
	TakeoverSame   TakeoverPolicy = iota // the sender whose session it is: phones come anew without a goodbye
	TakeoverNever                        // nobody
	TakeoverAlways                       // any sender
)

// String gives "same", "never" or "always".
func (p TakeoverPolicy) String() string {
	switch p {
	case TakeoverSame:
		return "same"
	case TakeoverNever:
		return "never"
	case TakeoverAlways:
		return "always"
	}
	return fmt.Sprintf("TakeoverPolicy(%d)", uint8(p))
}

// allows reports whether a sender may end holder's session; same tells that it
// is holder itself.
func (p TakeoverPolicy) allows(same bool) bool {
	return p == TakeoverAlways || p == TakeoverSame && same
}

// sameSender reports whether two connections come from one sender: from one
// address, or, since a phone changes between IPv4 and IPv6 as it likes, with
// one name for its remote control or for itself. PulseAudio and PipeWire have
// only the latter.
func sameSender(a, b ClientInfo) bool {
	return a.Addr.Addr() == b.Addr.Addr() || isNamed(a.DACPID, b.DACPID) || isNamed(a.Instance, b.Instance)
}

// isNamed reports whether two names are one. No name is nobody's.
func isNamed(a, b string) bool { return a != "" && a == b }
