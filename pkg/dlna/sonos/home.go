package sonos

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// maxPlayers bounds the players of one household that can be asked.
const maxPlayers = 64

// A home is the players that share a topology. It follows that topology
// through one of them after the other.
type home struct {
	id      string
	options Options
	log     zerolog.Logger
	lookC   chan struct{} // holds a token when there is reason to look at once

	mu       sync.Mutex // guards all below
	players  map[UUID]acquaintance
	topology Topology
	known    time.Time // when topology was last told or confirmed; zero: never
}

// An acquaintance is a player that the household can be asked through.
type acquaintance struct {
	player Player
	failed time.Time // when it last did not serve; zero: it has not failed
}

func newHome(id string, o Options) *home {
	return &home{
		id: id, options: o, log: o.Log.With().Str("household", id).Logger(),
		lookC:   make(chan struct{}, 1),
		players: make(map[UUID]acquaintance),
	}
}

// meet adds a player, or notes where it is now. It reports false when there
// are too many.
func (h *home) meet(p Player) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, met := h.players[p.UUID]
	switch {
	case met && before.player.same(p):
		return true
	case !met && len(h.players) >= maxPlayers:
		return false
	}
	h.players[p.UUID] = acquaintance{player: p}
	h.nudge()
	return true
}

// same reports whether p is reached as q is.
func (p Player) same(q Player) bool {
	return p.Address == q.Address && p.topology.Control.String() == q.topology.Control.String()
}

// leave forgets a player that is in another household now.
func (h *home) leave(uuid UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.players, uuid)
	h.nudge()
}

// has reports whether p belongs here still, and is reached as it was.
func (h *home) has(p Player) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	a, ok := h.players[p.UUID]
	return ok && a.player.same(p)
}

// nudge has run look, within the bounds of cacheTime.
func (h *home) nudge() {
	select {
	case h.lookC <- struct{}{}:
	default: // it will
	}
}

// last is the topology as it was last told.
func (h *home) last() Topology {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.topology
}

// age is how long ago the topology was told.
func (h *home) age() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Since(h.known)
}

// choose picks the player that failed longest ago, of those never failed a
// room's own: what others say may be old. wait is how long it is to be left
// alone still; ok is false when there is none.
func (h *home) choose() (p Player, wait time.Duration, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.players) == 0 {
		return Player{}, 0, false
	}
	rooms := make(map[UUID]bool)
	for _, r := range h.topology.Rooms() {
		rooms[r.UUID] = true
	}
	all := make([]acquaintance, 0, len(h.players))
	for _, a := range h.players {
		all = append(all, a)
	}
	best := slices.MinFunc(all, func(a, b acquaintance) int {
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

// failed notes that a player did not serve.
func (h *home) failed(p Player) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a, ok := h.players[p.UUID]; ok && a.player.same(p) {
		a.failed = time.Now()
		h.players[p.UUID] = a
	}
}

// learn takes a topology that was just told, and tells of it if it is another.
// It is called by run's goroutine alone.
func (h *home) learn(t Topology) {
	t.Household = h.id
	h.mu.Lock()
	changed := h.known.IsZero() || !t.Equal(h.topology)
	h.topology, h.known = t, time.Now()
	h.mu.Unlock()
	if !changed {
		return
	}
	h.log.Info().Int("rooms", len(t.Rooms())).Int("groups", len(t.Groups)).Msg("Sonos topology has changed")
	h.options.OnChange(t)
}

// run follows the topology until ctx ends.
func (h *home) run(ctx context.Context) {
	for ctx.Err() == nil {
		p, wait, ok := h.choose()
		if !ok {
			h.learn(Topology{}) // all have left
		}
		if !ok || wait > 0 {
			h.await(ctx, wait, ok)
			continue
		}
		err := h.follow(ctx, p)
		if ctx.Err() != nil {
			return
		}
		if !h.has(p) {
			continue // it left, or moved: no fault of its
		}
		h.failed(p)
		h.log.Info().Err(err).Str("player", string(p.UUID)).Msg("a Sonos player no longer tells the topology; another is asked")
	}
}

// await waits until a player is met, and, where one is to be tried again, for
// no longer than d.
func (h *home) await(ctx context.Context, d time.Duration, bounded bool) {
	if bounded {
		timed, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		ctx = timed
	}
	select {
	case <-ctx.Done():
	case <-h.lookC:
	}
}
