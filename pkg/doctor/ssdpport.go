package doctor

import (
	"context"
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
)

var ssdpGroup = netip.AddrPortFrom(netip.MustParseAddr("239.255.255.250"), ssdpPort)

// An ssdpPortCheck checks 1900/UDP, on which speakers announce themselves.
type ssdpPortCheck struct {
	survey     *portSurvey
	ownAddress *ownAddress
	wanted     bool // BREEZEWAY_SSDP_LISTEN asks for the port
}

// check never fails, whichever program has the port: Breezeway does not need it.
func (p *ssdpPortCheck) check(ctx context.Context) Result {
	if p.survey.sockets.fault != nil {
		return skip(p.survey.sockets.fault.Error())
	}
	s := p.survey.of(ctx, ssdpGroup, 0)
	switch s.access {
	case sockets.AccessFree, sockets.AccessBeside, sockets.AccessShared:
		return fine(s.seen())
	}
	r := Result{
		Status: Note,
		Seen:   s.seen(),
		Means: "This does not matter: Breezeway searches from its own ports, finds every speaker and plays. " +
			"It only does not receive the announcements of speakers, and finds a new one at its next search.",
		Do: append([]Step{{Text: "Nothing has to be done. To free the port anyway:"}}, freeSteps(s, p.ownAddress)...),
	}
	if p.wanted {
		r.Status = Warning
		r.Means += " BREEZEWAY_SSDP_LISTEN asks for the port; Breezeway keeps trying to get it."
	}
	return r
}
