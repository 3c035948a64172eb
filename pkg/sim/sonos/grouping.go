package sonos

import (
	"context"
	"fmt"
	"slices"
)

// Group has members play what the coordinator of first plays, as if they were
// added in Sonos' app. What they played before ends.
func (h *Household) Group(ctx context.Context, first *Player, members ...*Player) error {
	h.mu.Lock()
	into := h.groupOfLocked(first)
	var stopped []*Player
	for _, m := range members {
		if slices.Contains(h.groups[into], m) {
			continue
		}
		h.removeLocked(m)
		into = h.groupOfLocked(first) // removal may have moved it
		h.groups[into] = append(h.groups[into], m)
		stopped = append(stopped, m)
	}
	h.mu.Unlock()
	return h.finishChange(ctx, stopped)
}

// Ungroup has p play by itself. If it was the coordinator, the others play on
// under another one, and p is silent.
func (h *Household) Ungroup(ctx context.Context, p *Player) error {
	h.mu.Lock()
	group := h.groups[h.groupOfLocked(p)]
	if len(group) == 1 {
		h.mu.Unlock()
		return nil
	}
	var heir *Player
	if group[0] == p {
		heir = group[1]
	}
	h.removeLocked(p)
	h.groups = append(h.groups, []*Player{p})
	h.mu.Unlock()
	if heir != nil {
		if err := heir.inherit(ctx, p); err != nil {
			return err
		}
	}
	return h.finishChange(ctx, []*Player{p})
}

// Pair binds right to left: they are one room with left's name.
func (h *Household) Pair(ctx context.Context, left, right *Player) error {
	h.mu.Lock()
	if left.pair != nil || right.pair != nil || left.leader() != left || right.leader() != right {
		h.mu.Unlock()
		return fmt.Errorf("sonos: pair %s and %s: one of them is bound already", left.options.Room, right.options.Room)
	}
	h.removeLocked(right)
	left.pair, right.left = right, left
	h.mu.Unlock()
	return h.finishChange(ctx, []*Player{right})
}

// Separate undoes Pair: right plays by itself again.
func (h *Household) Separate(ctx context.Context, left *Player) error {
	h.mu.Lock()
	right := left.pair
	if right == nil {
		h.mu.Unlock()
		return fmt.Errorf("sonos: separate %s: it is no pair", left.options.Room)
	}
	left.pair, right.left = nil, nil
	h.groups = append(h.groups, []*Player{right})
	h.mu.Unlock()
	return h.finishChange(ctx, nil)
}

// finishChange stops the players that lost their own sound, and tells everybody of
// the new topology.
func (h *Household) finishChange(ctx context.Context, stopped []*Player) error {
	for _, p := range stopped {
		if err := p.stopInner(ctx); err != nil {
			return err
		}
	}
	h.publish()
	return nil
}

// leaveGroup takes a member out of its group because somebody has it play.
func (h *Household) leaveGroup(p *Player) {
	h.mu.Lock()
	group := h.groups[h.groupOfLocked(p)]
	if group[0] == p {
		h.mu.Unlock()
		return
	}
	h.removeLocked(p)
	h.groups = append(h.groups, []*Player{p})
	h.mu.Unlock()
	h.publish()
}

// groupOfLocked is the index of the group in which p is heard.
func (h *Household) groupOfLocked(p *Player) int {
	return slices.IndexFunc(h.groups, func(g []*Player) bool { return slices.Contains(g, p.leader()) })
}

// removeLocked takes p out of its group, and the group away if it was the last.
func (h *Household) removeLocked(p *Player) {
	i := h.groupOfLocked(p)
	h.groups[i] = slices.DeleteFunc(h.groups[i], func(m *Player) bool { return m == p })
	if len(h.groups[i]) == 0 {
		h.groups = slices.Delete(h.groups, i, i+1)
	}
}

// coordinatorOf is the coordinator of the group in which p is heard.
func (h *Household) coordinatorOf(p *Player) *Player {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.groups[h.groupOfLocked(p)][0]
}

// coordinates reports whether p is the coordinator of its group.
func (h *Household) coordinates(p *Player) bool { return h.coordinatorOf(p) == p }

// isBound reports whether another player stands for p's room.
func (h *Household) isBound(p *Player) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return p.leader() != p
}

// listeners are the players that play what p plays.
func (h *Household) listeners(p *Player) []*Player {
	h.mu.Lock()
	defer h.mu.Unlock()
	group := h.groups[h.groupOfLocked(p)]
	if group[0] != p {
		return nil
	}
	var all []*Player
	for _, m := range group {
		all = append(all, m)
		all = append(all, m.satellites...)
		if m.pair != nil {
			all = append(all, m.pair)
		}
	}
	return all
}
