package bridge

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// groupUDN begins the identity of a group, which its name completes.
const groupUDN = "breezeway:group:"

// A groupEntry is one group of the user's. It is offered as long as it has a
// member. The manager's loop alone writes it.
type groupEntry struct {
	group       rule.Group
	bridge      *Bridge // nil: it is not offered
	publication *mdns.Publication
	stop        context.CancelFunc
	members     map[string]string // by UDN: that of the device which plays for it, of a Sonos room its coordinator
}

// join has a speaker play with the groups to which it belongs, each time that it
// comes or has moved. With fresh those are left out in which it plays already.
func (m *Manager) join(ctx context.Context, group *errgroup.Group, t *target, fresh bool) {
	for _, g := range m.groups {
		_, member := g.members[t.udn]
		switch {
		case !g.group.Has(t.name) || t.device == nil:
			m.leave(g, t.udn) // it may have had another name
		case !m.makeRoom(g, t):
			m.leave(g, t.udn)
		case !member || !fresh:
			m.enter(ctx, group, g, t)
		}
	}
}

// makeRoom sees to it that no device is to play twice: rooms that Sonos has
// grouped play through their coordinator's room, if that is a member too. It
// reports whether t is to be one.
func (m *Manager) makeRoom(g *groupEntry, t *target) bool {
	follows := t.device.UDN != t.udn
	for udn, device := range g.members {
		switch {
		case udn == t.udn || device != t.device.UDN:
		case follows:
			return false
		default: // t takes its place
			delete(g.members, udn)
			g.bridge.dismiss(udn)
		}
	}
	return true
}

// enter makes a speaker a member of a group, or has it play where it is now.
func (m *Manager) enter(ctx context.Context, group *errgroup.Group, g *groupEntry, t *target) {
	twin, err := m.twin(t)
	if err != nil {
		m.log.Warn().Err(err).Str("group", g.group.Name).Msg("a renderer cannot play with its group")
		return
	}
	if g.bridge == nil && !m.offer(ctx, group, g) {
		return
	}
	g.members[t.udn] = t.device.UDN
	g.bridge.attach(twin)
}

// leave takes a speaker out of a group for good.
func (m *Manager) leave(g *groupEntry, udn string) {
	if _, member := g.members[udn]; !member {
		return
	}
	delete(g.members, udn)
	g.bridge.dismiss(udn)
	if len(g.members) == 0 {
		m.withhold(g)
	}
}

// part takes a speaker out of its groups: for a while, or for good.
func (m *Manager) part(udn string, forGood bool) {
	for _, g := range m.groups {
		_, member := g.members[udn]
		switch {
		case !member:
		case forGood:
			m.leave(g, udn)
		default:
			g.bridge.detach(udn)
		}
	}
}

// offer announces a group.
func (m *Manager) offer(ctx context.Context, group *errgroup.Group, g *groupEntry) bool {
	ruled := m.options.Rules.For(rule.Subject{Name: g.group.Name, UDN: groupUDN + g.group.Name}).Over(m.options.Settings)
	log := m.log.With().Str("group", g.group.Name).Logger()
	options := m.bridgeOptions(g.group.Name, groupUDN+g.group.Name, ruled)
	options.Group, options.Log = true, log
	b, err := New(options)
	if err != nil {
		log.Error().Err(err).Msg("group cannot be offered")
		return false
	}
	bctx, stop := context.WithCancel(ctx)
	m.mu.Lock()
	g.bridge, g.stop = b, stop
	m.mu.Unlock()
	group.Go(func() error {
		err := b.Run(bctx)
		if err == nil || bctx.Err() != nil {
			return nil
		}
		log.Error().Err(err).Msg("group failed; it is set up anew")
		select {
		case m.failedC <- groupUDN + g.group.Name:
		case <-ctx.Done():
		}
		return nil
	})
	g.publication = m.publish(b, g.group.Name)
	log.Info().Uint16("rtsp", b.Port()).Msg("group offered to AirPlay senders")
	return true
}

// withhold takes a group without members off the list.
func (m *Manager) withhold(g *groupEntry) {
	g.publication.Withdraw()
	g.stop()
	g.bridge.log.Info().Msg("group is not offered any more")
	m.mu.Lock()
	g.bridge = nil
	m.mu.Unlock()
}

// failedGroup takes a group off the list whose bridge ended; it comes back with the
// next look at its speakers.
func (m *Manager) failedGroup(known *places, udn string) {
	for _, g := range m.groups {
		if groupUDN+g.group.Name != udn || g.bridge == nil {
			continue
		}
		for member := range g.members {
			if e := m.roster[member]; e != nil {
				known.recheck(e.location)
			}
		}
		clear(g.members)
		m.withhold(g)
	}
}

// bridgeOptions are those of a speaker or a group.
func (m *Manager) bridgeOptions(name, udn string, s settings.Speaker) Options {
	receiver := m.options.Receiver
	receiver.ID = raop.IDFromUDN(udn)
	receiver.Password, receiver.Takeover = s.Password.Reveal(), s.Takeover
	return Options{
		Name:        name,
		Receiver:    receiver,
		Delay:       s.Latency,
		Streams:     m.options.Streams,
		BaseURL:     m.options.BaseURL,
		Memory:      m.options.Memory,
		Remote:      m.options.Remote,
		ArtworkPath: m.options.ArtworkPath,
		OnLost:      m.lost,
	}
}
