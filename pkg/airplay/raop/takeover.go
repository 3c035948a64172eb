package raop

import "github.com/breezeway-audio/breezeway/pkg/settings"

// allows reports whether a sender may end another's session, or with same its
// own. A session that has ended, or from which nothing has been received for
// SessionIdle, is ended under any policy.
func allows(policy settings.Takeover, same bool) bool {
	return policy == settings.TakeoverAlways || policy == settings.TakeoverSame && same
}

// sameSender reports whether two connections come from one sender: from one
// address, or, since a phone changes between IPv4 and IPv6 as it likes, with
// one name for its remote control or for itself. PulseAudio and PipeWire have
// only the latter.
func sameSender(a, b ClientInfo) bool {
	return a.Addr.Addr() == b.Addr.Addr() || isNamed(a.DACPID, b.DACPID) || isNamed(a.Instance, b.Instance)
}

// isNamed reports whether two names are equal and not empty.
func isNamed(a, b string) bool { return a != "" && a == b }
