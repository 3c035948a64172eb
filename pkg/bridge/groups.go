package bridge

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/rule"
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
	members     map[string]bool // by UDN
}

// join has a speaker play with the groups to which it belongs, each time that it
// comes or has moved.
func (m *Manager) join(ctx context.Context, group *errgroup.Group, t *target) {
	for _, g := range m.groups {
		if !g.group.Has(t.name) || t.device == nil {
			continue
		}
		twin, err := m.twin(t)
		if err != nil {
			m.log.Warn().Err(err).Str("group", g.group.Name).Msg("a renderer cannot play with its group")
			continue
		}
		if g.bridge == nil && !m.offer(ctx, group, g) {
			continue
		}
		g.members[t.udn] = true
		g.bridge.attach(twin)
	}
}

// part takes a speaker out of its groups: for a while, or for good.
func (m *Manager) part(udn string, forGood bool) {
	for _, g := range m.groups {
		if !g.members[udn] {
			continue
		}
		g.bridge.detach(udn)
		if !forGood {
			continue
		}
		delete(g.members, udn)
		g.bridge.dismiss(udn)
		if len(g.members) == 0 {
			m.withhold(g)
		}
	}
}

// offer announces a group.
func (m *Manager) offer(ctx context.Context, group *errgroup.Group, g *groupEntry) bool {
	settings := m.options.Settings.with(m.options.Rules.For(rule.Subject{Name: g.group.Name, UDN: groupUDN + g.group.Name}))
	log := m.log.With().Str("group", g.group.Name).Logger()
	options := m.bridgeOptions(g.group.Name, groupUDN+g.group.Name, settings)
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
		if err := b.Run(bctx); err != nil && bctx.Err() == nil {
			log.Error().Err(err).Msg("group failed; its members are played on by themselves")
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
	g.bridge.log.Info().Msg("group has no member left: it is not offered")
	m.mu.Lock()
	g.bridge = nil
	m.mu.Unlock()
}

// bridgeOptions are those of a speaker or a group.
func (m *Manager) bridgeOptions(name, udn string, s Settings) Options {
	receiver := m.options.Receiver
	receiver.ID = raop.IDFromUDN(udn)
	receiver.Password, receiver.Takeover = s.Password, s.Takeover
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
