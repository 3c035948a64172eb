package sonos

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// maxPlayers bounds the players of one household through which it can be followed.
const maxPlayers = 64

// A household is the players that share a topology. It follows that topology through
// one of them, and through another when that one fails.
type household struct {
	id      string
	options Options
	log     zerolog.Logger
	wakeC   chan struct{} // a token when the topology should be requested soon

	mu       sync.Mutex // guards all below
	players  map[UUID]knownPlayer
	topology Topology
	updated  time.Time // when topology was last reported; zero: never
}

// A knownPlayer is a player through which the household can be followed.
type knownPlayer struct {
	player Player
	failed time.Time // when it last failed; zero: never
}

func newHousehold(id string, o Options) *household {
	return &household{
		id: id, options: o, log: o.Log.With().Str("household", id).Logger(),
		wakeC:   make(chan struct{}, 1),
		players: make(map[UUID]knownPlayer),
	}
}

// add adds a player, or updates its address. It returns false when there are too many.
func (h *household) add(p Player) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, known := h.players[p.UUID]
	switch {
	case known && before.player.same(p):
		return true
	case !known && len(h.players) >= maxPlayers:
		return false
	}
	h.players[p.UUID] = knownPlayer{player: p}
	h.wake()
	return true
}

// same reports whether p has the address and URL of q.
func (p Player) same(q Player) bool {
	return p.Address == q.Address && p.topology.Control.String() == q.topology.Control.String()
}

// remove removes a player that is in another household now.
func (h *household) remove(uuid UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.players, uuid)
	h.wake()
}

// has reports whether p still belongs here, at the same address.
func (h *household) has(p Player) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	a, ok := h.players[p.UUID]
	return ok && a.player.same(p)
}

// wake makes run request the topology soon, but not before cacheTime has passed.
func (h *household) wake() {
	select {
	case h.wakeC <- struct{}{}:
	default: // a token is pending already
	}
}

// current is the topology as it was last reported.
func (h *household) current() Topology {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.topology
}

// age is how long ago the topology was reported.
func (h *household) age() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Since(h.updated)
}

// choose selects the player that failed longest ago; of those that never failed, one
// that represents a room: what others report may be outdated. wait is how long it must
// not be used yet; ok is false if there is no player.
func (h *household) choose() (p Player, wait time.Duration, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.players) == 0 {
		return Player{}, 0, false
	}
	rooms := make(map[UUID]bool)
	for _, r := range h.topology.Rooms() {
		rooms[r.UUID] = true
	}
	all := make([]knownPlayer, 0, len(h.players))
	for _, a := range h.players {
		all = append(all, a)
	}
	best := slices.MinFunc(all, func(a, b knownPlayer) int {
		return cmp.Or(a.failed.Compare(b.failed), -compareBool(rooms[a.player.UUID], rooms[b.player.UUID]),
			compareUUID(a.player.UUID, b.player.UUID))
	})
	if !best.failed.IsZero() {
		wait = failedPause - time.Since(best.failed)
	}
	return best.player, wait, true
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// markFailed records that a player failed.
func (h *household) markFailed(p Player) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a, ok := h.players[p.UUID]; ok && a.player.same(p) {
		a.failed = time.Now()
		h.players[p.UUID] = a
	}
}

// update stores a topology that was just reported, and calls OnChange if it differs
// from the one before. Only run's goroutine calls it.
func (h *household) update(t Topology) {
	t.Household = h.id
	h.mu.Lock()
	changed := h.updated.IsZero() || !t.Equal(h.topology)
	h.topology, h.updated = t, time.Now()
	h.mu.Unlock()
	if !changed {
		return
	}
	h.log.Info().Int("rooms", len(t.Rooms())).Int("groups", len(t.Groups)).Msg("Sonos groups have changed")
	h.options.OnChange(t)
}

// run follows the topology until ctx ends.
func (h *household) run(ctx context.Context) {
	for ctx.Err() == nil {
		p, wait, ok := h.choose()
		if !ok {
			h.update(Topology{}) // all are in other households now
		}
		if !ok || wait > 0 {
			h.wait(ctx, wait, ok)
			continue
		}
		err := h.follow(ctx, p)
		if ctx.Err() != nil {
			return
		}
		if !h.has(p) {
			continue // it left, or has another address: that is no failure
		}
		h.markFailed(p)
		h.log.Info().Err(err).Str("player", string(p.UUID)).Msg("a Sonos player no longer reports the groups; another one is used")
	}
}

// wait waits until a player is found, or for d if one is to be tried again.
func (h *household) wait(ctx context.Context, d time.Duration, bounded bool) {
	if bounded {
		timed, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		ctx = timed
	}
	select {
	case <-ctx.Done():
	case <-h.wakeC:
	}
}
