package e2e_test

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/sim/demo"
	"github.com/breezeway-audio/breezeway/pkg/sim/sonos"
)

// A household is simulated Sonos players in a simulation, each with an ear in its room.
type household struct {
	*sonos.Household
	p    *production
	ears map[string]*roomEar // by room
}

// A roomEar hears when there was no sound, too.
type roomEar struct {
	*ear

	mu      sync.Mutex // guards below
	last    time.Time  // when there was sound
	longest time.Duration
}

func (e *roomEar) Write(b []byte) (int, error) {
	before := e.heard()
	n, err := e.ear.Write(b)
	if e.heard() == before {
		return n, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	if !e.last.IsZero() {
		e.longest = max(e.longest, now.Sub(e.last))
	}
	e.last = now
	return n, err
}

// gap is the longest time without sound between two sounds, since the last call.
func (e *roomEar) gap() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	longest := e.longest
	e.longest = 0
	return longest
}

// house has a household join the simulation until the end of the test. Each player
// has an address of its own, unless the test gives it one.
func (p *production) house(o sonos.Options) *household {
	p.t.Helper()
	h := &household{p: p, ears: make(map[string]*roomEar)}
	o.Listen, o.SSDPGroup = demo.Loopback, p.SSDPGroup
	o.Players = slices.Clone(o.Players)
	for i, each := range o.Players {
		h.ears[each.Room] = &roomEar{ear: newEar()}
		o.Players[i].Capture = h.ears[each.Room]
		if !each.Listen.IsValid() {
			o.Players[i].Listen = netip.AddrFrom4([4]byte{127, 0, 1, byte(i + 1)})
		}
	}
	var err error
	h.Household, err = sonos.New(o)
	must(p.t, err)
	p.beside(h.Run)
	p.eventually("the household comes up", func() bool {
		select {
		case <-h.Ready():
			return true
		default:
			return false
		}
	})
	return h
}

// rooms are players alone in their rooms, at volume 20.
func rooms(names ...string) []sonos.PlayerOptions {
	var players []sonos.PlayerOptions
	for _, name := range names {
		players = append(players, sonos.PlayerOptions{Room: name, Volume: 20})
	}
	return players
}

// sounds waits until more is heard in each of the rooms.
func (h *household) sounds(what string, in ...string) {
	h.p.t.Helper()
	before := make(map[string]int)
	for _, room := range in {
		before[room] = h.ears[room].heard()
	}
	const enough = 22050 // samples: a quarter of a second
	h.p.eventually(what, func() bool {
		return !slices.ContainsFunc(in, func(room string) bool { return h.ears[room].heard() < before[room]+enough })
	})
}

// wantMusic fails the test unless all that was heard in a room is of music.
func (h *household) wantMusic(room string, music []int32, pieces int) {
	h.p.t.Helper()
	got := h.ears[room].all()
	if len(got) != pieces {
		h.p.t.Errorf("%s: want %d pieces of sound, got %v", room, pieces, lengths(got))
	}
	for _, piece := range got {
		wantPart(h.p.t, music, piece)
	}
}

// wantParts fails the test unless all that was heard in a room is made of parts
// of music: players that take over a stream begin where they may.
func (h *household) wantParts(room string, music []int32) {
	h.p.t.Helper()
	const mark = 64 // samples that are nowhere else
	for _, piece := range h.ears[room].all() {
		for rest := piece; len(rest) >= mark; {
			at := 0
			for at+mark <= len(music) && !slices.Equal(music[at:at+mark], rest[:mark]) {
				at += audio.CD.Channels
			}
			if at+mark > len(music) {
				h.p.t.Errorf("%s: want parts of the music, got %d samples of something else", room, len(rest))
				return
			}
			rest = rest[common(music[at:], rest):]
		}
	}
}

// quiet waits until nothing is heard in a room while there is sound in another:
// who loses its stream plays what it has.
func (h *household) quiet(room, while string) {
	h.p.t.Helper()
	for before := -1; before != h.ears[room].heard(); {
		before = h.ears[room].heard()
		h.sounds("sound in "+while+" alone, not in "+room, while)
	}
}

// shownIn is the speaker of a room as the bridge shows it now.
func (h *household) shownIn(room string) bridge.Speaker {
	return h.p.shown("uuid:" + h.Player(room).UUID() + "_MR")
}

// playedBy waits until a room is played on through another's player.
func (h *household) playedBy(room, coordinator string) {
	h.p.t.Helper()
	h.p.eventually(room+" is played by "+coordinator, func() bool {
		return h.shownIn(room).Nearest().Location == h.Player(coordinator).Location()
	})
}

// offeredOnce waits until the simulation offers the speakers of these names, and
// those alone.
func (p *production) offeredOnce(names ...string) []bridge.Speaker {
	p.t.Helper()
	slices.Sort(names)
	var shown []bridge.Speaker
	p.eventually("these speakers and no others", func() bool {
		shown = p.Daemon.Snapshot().Speakers
		return slices.EqualFunc(shown, names, func(s bridge.Speaker, name string) bool { return s.Name == name })
	})
	return shown
}

// wantSame fails the test unless the simulation offers the same speakers as before:
// none was taken off the list and announced anew.
func (p *production) wantSame(before []bridge.Speaker) {
	p.t.Helper()
	now := p.Daemon.Snapshot().Speakers
	same := slices.EqualFunc(before, now, func(a, b bridge.Speaker) bool {
		return a.Name == b.Name && a.ID == b.ID && a.UDN == b.UDN && a.Port == b.Port
	})
	if !same {
		p.t.Errorf("want the speakers %v, got %v", namesOf(before), namesOf(now))
	}
}

func namesOf(speakers []bridge.Speaker) []string {
	var names []string
	for _, s := range speakers {
		names = append(names, s.Name)
	}
	return names
}
