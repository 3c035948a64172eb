package raop

import (
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// allows reports whether a sender may end another's session, or with same its
// own. A session that has ended, or from which nothing has been received for
// SessionIdle, is ended under any policy.
func allows(policy settings.Takeover, same bool) bool {
	return policy == settings.TakeoverAlways || policy == settings.TakeoverSame && same
}

// sameSender reports whether two connections come from one sender: from one
// address, or, since a phone changes between IPv4 and IPv6 as it likes, with
// one name for itself, which others on the network do not learn. The DACP-ID does
// not count: it is announced by mDNS, where anybody can read it, and iTunes and
// airtunes2 repeat it as their Client-Instance, so one that equals it does not count
// either.
func sameSender(a, b ClientInfo) bool {
	return a.Addr.Addr() == b.Addr.Addr() || isNamed(a.Instance, b.Instance) && !isDACPID(a.Instance, a.DACPID)
}

// isNamed reports whether two names are equal and not empty.
func isNamed(a, b string) bool { return a != "" && a == b }

// isDACPID reports whether a Client-Instance is the DACP-ID, whose leading zeros some
// senders leave out.
func isDACPID(instance, dacpID string) bool {
	return strings.EqualFold(strings.TrimLeft(instance, "0"), strings.TrimLeft(dacpID, "0"))
}
