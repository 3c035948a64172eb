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
	// maxHouseholds bounds the households of a network. Real networks have one, or two
	// with both S1 and S2 players.
	maxHouseholds = 8
	// maxQueued is how many found players are queued; more are dropped, and found again
	// later.
	maxQueued = 64
	// workers is how many players are asked for their household at a time: one that
	// does not answer must not delay the others.
	workers = 4
	// maxIDBytes bounds a household's id: "Sonos_asahHKgjgJGjgjGjggjJgjJG34".
	maxIDBytes = 128
)

// Options of Households.
type Options struct {
	Client Client
	// Events receives the events of players. Nil: players are polled.
	Events Events
	// Callback is the URL at which peer reaches the handler of Events on this host,
	// such as "http://192.0.2.7:49200"; "" if it cannot. Nil: as without Events.
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
	foundC  chan foundPlayer

	mu       sync.Mutex // guards all below
	byID     map[string]*household
	byPlayer map[UUID]*household
}

// A foundPlayer is a player, and its household if that is known.
type foundPlayer struct {
	player      Player
	householdID string
}

// NewHouseholds makes Households. Nothing runs yet.
func NewHouseholds(o Options) *Households {
	if o.OnChange == nil {
		o.OnChange = func(Topology) {}
	}
	return &Households{
		options:  o,
		foundC:   make(chan foundPlayer, maxQueued),
		byID:     make(map[string]*household),
		byPlayer: make(map[UUID]*household),
	}
}

// PlayerFound adds a player that was found, with the household in its answer to a
// search; "" if there was none: then the player is asked for it. It may be called
// again for the same player, which is then asked again. It does not block.
func (h *Households) PlayerFound(p Player, householdID string) {
	select {
	case h.foundC <- foundPlayer{player: p, householdID: strings.TrimSpace(householdID)}:
	default: // too many at once; real players are found again
	}
}

// Refresh requests the topology of the player's household again. It is called when the
// topology may have changed: the player refused a call since it is no coordinator.
func (h *Households) Refresh(uuid UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if known := h.byPlayer[uuid]; known != nil {
		known.wake()
	}
}

// Topologies are those of the known households, ordered by their ids.
func (h *Households) Topologies() []Topology {
	h.mu.Lock()
	households := make([]*household, 0, len(h.byID))
	for _, one := range h.byID {
		households = append(households, one)
	}
	h.mu.Unlock()
	var topologies []Topology
	for _, one := range households {
		if t := one.current(); len(t.Groups) > 0 {
			topologies = append(topologies, t)
		}
	}
	slices.SortFunc(topologies, func(a, b Topology) int { return strings.Compare(a.Household, b.Household) })
	return topologies
}

// Run follows all households until ctx ends.
func (h *Households) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for range workers {
		group.Go(func() error {
			for {
				select {
				case <-ctx.Done():
					return nil
				case found := <-h.foundC:
					h.place(ctx, group, found)
				}
			}
		})
	}
	return group.Wait()
}

// place adds a player to its household. A player that does not report its household
// stays where it was.
func (h *Households) place(ctx context.Context, group *errgroup.Group, found foundPlayer) {
	if found.householdID == "" {
		id, err := askHouseholdID(ctx, h.options.Client, found.player)
		if err != nil && !h.updateKnown(found.player) && ctx.Err() == nil {
			h.options.Log.Info().Err(err).Str("player", string(found.player.UUID)).Msg("a Sonos player does not report its household")
		}
		found.householdID = id
	}
	if found.householdID == "" || len(found.householdID) > maxIDBytes {
		return
	}
	if isNew := h.assign(found); isNew != nil {
		group.Go(func() error {
			isNew.run(ctx)
			return nil
		})
	}
}

// updateKnown updates the address of a player, if its household is known.
func (h *Households) updateKnown(p Player) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	known := h.byPlayer[p.UUID]
	return known != nil && known.add(p)
}

// assign moves a player into its household. It returns the household if that is new:
// the caller must run it.
func (h *Households) assign(found foundPlayer) *household {
	h.mu.Lock()
	defer h.mu.Unlock()
	target, known := h.byID[found.householdID]
	if !known && len(h.byID) >= maxHouseholds {
		return nil
	}
	if !known {
		target = newHousehold(found.householdID, h.options)
		h.byID[found.householdID] = target
	}
	if before := h.byPlayer[found.player.UUID]; before != nil && before != target {
		before.remove(found.player.UUID)
		delete(h.byPlayer, found.player.UUID)
	}
	if target.add(found.player) {
		h.byPlayer[found.player.UUID] = target
	}
	if known {
		return nil
	}
	return target
}

// askHouseholdID asks a player for the id of its household.
func askHouseholdID(ctx context.Context, client Client, p Player) (string, error) {
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
