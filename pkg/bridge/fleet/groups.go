package fleet

import (
	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/rule"
)

// groupUDN begins the identity of a group, which its name completes.
const groupUDN = "breezeway:group:"

// A group is one of BREEZEWAY_GROUPS. It is offered as long as it has a member.
type group struct {
	rule.Group
	offer   *offer            // nil: it is not offered
	members map[string]string // by UDN: that of the device which plays for it, of a Sonos room its coordinator
}

func (g *group) udn() string { return groupUDN + g.Name }

// groups are the user's groups. The manager's loop alone uses them.
type groups struct {
	all      []*group
	launcher *launcher
	inspect  *inspector
	log      zerolog.Logger
}

func newGroups(named rule.Groups, l *launcher, i *inspector, log zerolog.Logger) *groups {
	s := &groups{launcher: l, inspect: i, log: log}
	for _, g := range named {
		s.all = append(s.all, &group{Group: g, members: make(map[string]string)})
	}
	return s
}

// update has a speaker play with the groups to which it belongs. moved says that it
// has come, or plays elsewhere now; otherwise a group in which it plays already is
// left as it is.
func (s *groups) update(f *found, moved bool) {
	for _, g := range s.all {
		_, member := g.members[f.UDN]
		switch {
		case !g.Has(f.Name) || f.device == nil:
			s.leave(g, f.UDN) // it may have had another name
		case !s.playsOnce(g, f):
			s.leave(g, f.UDN)
		case !member || moved:
			s.enter(g, f)
		}
	}
}

// playsOnce sees to it that no device plays twice in a group: rooms that Sonos has
// grouped play through their coordinator's room, if that is a member too. It reports
// whether f is to be a member.
func (s *groups) playsOnce(g *group, f *found) bool {
	follows := f.device.UDN != f.UDN
	for udn, device := range g.members {
		switch {
		case udn == f.UDN || device != f.device.UDN:
			// Another device.
		case follows:
			return false
		default: // f takes its place
			delete(g.members, udn)
			g.offer.bridge.Dismiss(udn)
		}
	}
	return true
}

// enter makes a speaker a member of a group, or has it play where it is now.
func (s *groups) enter(g *group, f *found) {
	own, err := s.inspect.again(f)
	if err != nil {
		s.log.Warn().Err(err).Str("group", g.Name).Msg("renderer cannot play with its group")
		return
	}
	if g.offer == nil && !s.launch(g) {
		return
	}
	g.members[f.UDN] = f.device.UDN
	g.offer.bridge.Attach(&own.Target)
}

// leave takes a speaker out of a group.
func (s *groups) leave(g *group, udn string) {
	if _, member := g.members[udn]; !member {
		return
	}
	delete(g.members, udn)
	g.offer.bridge.Dismiss(udn)
	if len(g.members) == 0 {
		s.withdraw(g)
	}
}

// remove takes a speaker out of all groups.
func (s *groups) remove(udn string) {
	for _, g := range s.all {
		s.leave(g, udn)
	}
}

// detach notes that a speaker is away: it stays a member.
func (s *groups) detach(udn string) {
	for _, g := range s.all {
		if _, member := g.members[udn]; member {
			g.offer.bridge.Detach(udn)
		}
	}
}

// inUse reports whether a sender has a group of which a speaker is a member.
func (s *groups) inUse(udn string) bool {
	for _, g := range s.all {
		if _, member := g.members[udn]; member && g.offer.bridge.InUse() {
			return true
		}
	}
	return false
}

// launch offers a group.
func (s *groups) launch(g *group) bool {
	set := s.inspect.rules.For(rule.Subject{Name: g.Name, UDN: g.udn()}).Over(s.inspect.settings)
	options := s.launcher.bridgeOptions(g.Name, g.udn(), set)
	options.Group, options.Log = true, s.log.With().Str("group", g.Name).Logger()
	o, err := s.launcher.launch(options, g.udn())
	if err != nil {
		options.Log.Error().Err(err).Msg("group cannot be offered")
		return false
	}
	g.offer = o
	s.launcher.announce(o, options.Receiver.Password != "")
	o.log.Info().Uint16("rtsp", o.bridge.Port()).Msg("group offered to AirPlay senders")
	return true
}

// withdraw takes a group without members off the list.
func (s *groups) withdraw(g *group) {
	s.launcher.withdraw(g.offer)
	g.offer.log.Info().Msg("group is not offered any more")
	g.offer = nil
}

// failed takes a group off the list whose bridge ended, and returns the UDNs of those
// that were its members: it comes back with the next look at them.
func (s *groups) failed(udn string) (members []string) {
	for _, g := range s.all {
		if g.udn() != udn || g.offer == nil {
			continue
		}
		for member := range g.members {
			members = append(members, member)
		}
		clear(g.members)
		s.withdraw(g)
	}
	return members
}
