package doctor

import (
	"context"
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/doctor/fingerprint"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
)

const (
	ssdpPort = 1900
	mdnsPort = 5353
)

// A portSurvey finds out who holds a multicast port, and who else may use it.
type portSurvey struct {
	network *network
	sockets *hostSockets
	survey  func(t *sockets.Table, group netip.AddrPort, index int) (sockets.Survey, error)
	ask     func(ctx context.Context, targets []netip.AddrPort, interfaces []int) (fingerprint.Replies, error)
}

// of examines the port of a multicast group, on one interface or (0) any, and names
// its holders. Only holders of 1900/UDP can be identified by a search.
func (p *portSurvey) of(ctx context.Context, group netip.AddrPort, index int) portState {
	all := p.sockets.table.On(sockets.UDP, group.Port())
	s := portState{port: group.Port(), holders: p.sockets.others(all)}
	survey, err := p.survey(p.sockets.table, group, index)
	s.access, s.fault = survey.Access, err
	if s.access == sockets.AccessShared && sockets.Among(all, group.Addr()) != sockets.Among(s.holders, group.Addr()) {
		s.access, s.ours = sockets.Among(s.holders, group.Addr()), true
	}
	evidence := fingerprint.Evidence{Holders: s.holders}
	if s.port == ssdpPort && len(s.holders) > 0 {
		targets, interfaces := p.network.addresses(ssdpPort)
		s.asked, err = p.ask(ctx, targets, interfaces)
		if err == nil {
			evidence.Answers, evidence.Listens, evidence.Own = s.asked.Answers, p.sockets.listens, p.network.has
		}
	}
	s.matches = fingerprint.Identify(evidence)
	return s
}
