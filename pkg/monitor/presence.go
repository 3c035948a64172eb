package monitor

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
)

// addresses are where each speaker was last, by its UDN.
type addresses map[string]netip.Addr

// update is the addresses of the speakers that are listed now. One that does not answer
// keeps its last address.
func (a addresses) update(speakers []bridge.Speaker) addresses {
	next := make(addresses)
	for _, speaker := range speakers {
		next[speaker.UDN] = a[speaker.UDN]
		if addr, err := netip.ParseAddr(speaker.Nearest().Address); err == nil {
			next[speaker.UDN] = addr.Unmap()
		}
	}
	return next
}

// conditions are the named speakers at whose address none is listed.
func (a addresses) conditions(named []netip.Addr) []Condition {
	var conditions []Condition
	listed := slices.Collect(maps.Values(a))
	for _, addr := range named {
		if !slices.Contains(listed, addr.Unmap()) {
			conditions = append(conditions, namedSpeakerSilent(addr))
		}
	}
	return conditions
}

// lostSpeakers are those listed that do not answer.
func lostSpeakers(speakers []bridge.Speaker) []Condition {
	var conditions []Condition
	for _, speaker := range speakers {
		if speaker.Away() {
			conditions = append(conditions, speakerLost(speaker.Name))
		}
	}
	return conditions
}
