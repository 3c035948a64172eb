package sonos

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"
)

const (
	// maxHouseholds bounds what a network may claim to hold. A real one has
	// two where S1 and S2 stand side by side.
	maxHouseholds = 8
	// maxMet is how many players may wait to be looked at; more are dropped,
	// and met again.
	maxMet = 64
	// askers is how many players are asked for their household side by side:
	// a dead one must not hold up the others.
	askers = 4
	// maxIDBytes bounds a household's id: "Sonos_asahHKgjgJGjgjGjggjJgjJG34".
	maxIDBytes = 128
)

// Options of Households.
type Options struct {
	Client Client
	// Events brings what players tell by themselves. Nil: they are asked.
	Events Events
	// Callback gives where peer reaches the handler of Events on this host, as
	// "http://192.0.2.7:49200"; "" if it cannot. Nil: as without Events.
	Callback func(peer netip.Addr) string
	// OnChange is called with each topology that differs from the one before
	// it in the same household: one call after the other within a household,
	// from the goroutines of Run. It must not block.
	OnChange func(Topology)
	Log      zerolog.Logger
}

// Households follow the topologies of all Sonos households on the network.
// Its methods may be called from any goroutine.
type Households struct {
	options Options
	metC    chan meeting

	mu   sync.Mutex // guards all below
	all  map[string]*home
	home map[UUID]*home
}

// A meeting is a player, and its household if that is known.
type meeting struct {
	player    Player
	household string
}

// NewHouseholds makes Households. Nothing runs yet.
func NewHouseholds(o Options) *Households {
	if o.OnChange == nil {
		o.OnChange = func(Topology) {}
	}
	return &Households{
		options: o,
		metC:    make(chan meeting, maxMet),
		all:     make(map[string]*home),
		home:    make(map[UUID]*home),
	}
}

// PlayerFound tells of a player that was found, and of its household as its answer to
// a search named it; "" if it did not: then the player is asked. Whoever was
// met already may be met again, and is asked again. It does not block.
func (h *Households) PlayerFound(p Player, household string) {
	select {
	case h.metC <- meeting{player: p, household: strings.TrimSpace(household)}:
	default: // a flood; real players are found again
	}
}

// Refresh says that the topology of the player's household may be another than
// was told: the player refused a call as no coordinator.
func (h *Households) Refresh(uuid UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if household := h.home[uuid]; household != nil {
		household.nudge()
	}
}

// Topologies are the households that are known, ordered by their ids.
func (h *Households) Topologies() []Topology {
	h.mu.Lock()
	all := make([]*home, 0, len(h.all))
	for _, household := range h.all {
		all = append(all, household)
	}
	h.mu.Unlock()
	var topologies []Topology
	for _, household := range all {
		if t := household.last(); len(t.Groups) > 0 {
			topologies = append(topologies, t)
		}
	}
	slices.SortFunc(topologies, func(a, b Topology) int { return strings.Compare(a.Household, b.Household) })
	return topologies
}

// Run follows all households until ctx ends.
func (h *Households) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for range askers {
		group.Go(func() error {
			for {
				select {
				case <-ctx.Done():
					return nil
				case m := <-h.metC:
					h.welcome(ctx, group, m)
				}
			}
		})
	}
	return group.Wait()
}

// welcome brings a player into its household. One that does not tell it stays
// where it was.
func (h *Households) welcome(ctx context.Context, group *errgroup.Group, m meeting) {
	if m.household == "" {
		id, err := householdOf(ctx, h.options.Client, m.player)
		if err != nil && !h.metAgain(m.player) && ctx.Err() == nil {
			h.options.Log.Info().Err(err).Str("player", string(m.player.UUID)).Msg("a Sonos player does not tell its household")
		}
		m.household = id
	}
	if m.household == "" || len(m.household) > maxIDBytes {
		return
	}
	if household := h.settle(m); household != nil {
		group.Go(func() error {
			household.run(ctx)
			return nil
		})
	}
}

// metAgain meets a player in the household that it is known to be in, if it is.
func (h *Households) metAgain(p Player) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	household := h.home[p.UUID]
	return household != nil && household.meet(p)
}

// settle moves a player into its household, and returns that if it is to be
// run from now on.
func (h *Households) settle(m meeting) *home {
	h.mu.Lock()
	defer h.mu.Unlock()
	household, known := h.all[m.household]
	if !known && len(h.all) >= maxHouseholds {
		return nil
	}
	if !known {
		household = newHome(m.household, h.options)
		h.all[m.household] = household
	}
	if before := h.home[m.player.UUID]; before != nil && before != household {
		before.leave(m.player.UUID)
		delete(h.home, m.player.UUID)
	}
	if household.meet(m.player) {
		h.home[m.player.UUID] = household
	}
	if known {
		return nil
	}
	return household
}

// householdOf asks a player for the id of its household.
func householdOf(ctx context.Context, client Client, p Player) (string, error) {
	if p.properties.Control == nil {
		return "", fmt.Errorf("sonos: household: DeviceProperties: %w", ErrUnsupported)
	}
	var out struct{ CurrentHouseholdID string }
	if err := client.Call(ctx, p.properties, "GetHouseholdID", nil, &out); err != nil {
		return "", fmt.Errorf("sonos: household: %w", err)
	}
	if out.CurrentHouseholdID == "" {
		return "", fmt.Errorf("sonos: household: %w: no id", ErrMalformed)
	}
	return out.CurrentHouseholdID, nil
}
