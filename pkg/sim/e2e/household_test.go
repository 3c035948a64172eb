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

// A household is simulated Sonos players in a simulation, each with a recorder.
type household struct {
	*sonos.Household
	sim       *simulation
	recorders map[string]*roomRecorder // by room
}

// A roomRecorder also measures the time without sound.
type roomRecorder struct {
	*recorder

	mu      sync.Mutex // guards below
	last    time.Time  // when there was sound
	longest time.Duration
}

func (rec *roomRecorder) Write(b []byte) (int, error) {
	before := rec.samples()
	n, err := rec.recorder.Write(b)
	if rec.samples() == before {
		return n, err
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	now := time.Now()
	if !rec.last.IsZero() {
		rec.longest = max(rec.longest, now.Sub(rec.last))
	}
	rec.last = now
	return n, err
}

// longestGap is the longest time without sound between two sounds, since the last call.
func (rec *roomRecorder) longestGap() time.Duration {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	longest := rec.longest
	rec.longest = 0
	return longest
}

// startHousehold adds a household to the simulation until the end of the test. Each
// player gets an address of its own, unless the options have one.
func (sim *simulation) startHousehold(o sonos.Options) *household {
	sim.t.Helper()
	h := &household{sim: sim, recorders: make(map[string]*roomRecorder)}
	o.Listen, o.SSDPGroup = demo.Loopback, sim.SSDPGroup
	o.Players = slices.Clone(o.Players)
	for i, each := range o.Players {
		h.recorders[each.Room] = &roomRecorder{recorder: newRecorder()}
		o.Players[i].Capture = h.recorders[each.Room]
		if !each.Listen.IsValid() {
			o.Players[i].Listen = netip.AddrFrom4([4]byte{127, 0, 1, byte(i + 1)})
		}
	}
	var err error
	h.Household, err = sonos.New(o)
	must(sim.t, err)
	sim.runInBackground(h.Run)
	sim.eventually("the household comes up", func() bool {
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

// waitSound waits until a quarter of a second more is played in each of the rooms.
func (h *household) waitSound(what string, in ...string) {
	h.sim.t.Helper()
	before := make(map[string]int)
	for _, room := range in {
		before[room] = h.recorders[room].samples()
	}
	const enough = 22050 // samples: a quarter of a second
	h.sim.eventually(what, func() bool {
		return !slices.ContainsFunc(in, func(room string) bool { return h.recorders[room].samples() < before[room]+enough })
	})
}

// wantMusic fails the test unless so many pieces were played in a room, all of them
// parts of music.
func (h *household) wantMusic(room string, music []int32, pieces int) {
	h.sim.t.Helper()
	got := h.recorders[room].soundPieces()
	if len(got) != pieces {
		h.sim.t.Errorf("%s: want %d pieces of sound, got %v", room, pieces, lengths(got))
	}
	for _, piece := range got {
		wantPart(h.sim.t, music, piece)
	}
}

// wantParts fails the test unless all that was heard in a room is made of parts
// of music: a player that takes over a stream may begin at any place.
func (h *household) wantParts(room string, music []int32) {
	h.sim.t.Helper()
	const mark = 64 // samples that are nowhere else
	for _, piece := range h.recorders[room].soundPieces() {
		for rest := piece; len(rest) >= mark; {
			at := 0
			for at+mark <= len(music) && !slices.Equal(music[at:at+mark], rest[:mark]) {
				at += audio.CD.Channels
			}
			if at+mark > len(music) {
				h.sim.t.Errorf("%s: want parts of the music, got %d samples of something else", room, len(rest))
				return
			}
			rest = rest[commonPrefix(music[at:], rest):]
		}
	}
}

// waitQuiet waits until nothing is heard in a room while there is sound in another:
// a player whose stream ended first plays what it has buffered.
func (h *household) waitQuiet(room, while string) {
	h.sim.t.Helper()
	for before := -1; before != h.recorders[room].samples(); {
		before = h.recorders[room].samples()
		h.waitSound("sound in "+while+" alone, not in "+room, while)
	}
}

// snapshotOf is the speaker of a room as the bridge shows it now.
func (h *household) snapshotOf(room string) bridge.Speaker {
	return h.sim.snapshot("uuid:" + h.Player(room).UUID() + "_MR")
}

// waitPlayedBy waits until the bridge plays to a room through the coordinator's
// player.
func (h *household) waitPlayedBy(room, coordinator string) {
	h.sim.t.Helper()
	h.sim.eventually(room+" is played by "+coordinator, func() bool {
		return h.snapshotOf(room).Nearest().Location == h.Player(coordinator).Location()
	})
}

// waitOfferedExactly waits until the simulation offers the speakers of these names, and
// those alone.
func (sim *simulation) waitOfferedExactly(names ...string) []bridge.Speaker {
	sim.t.Helper()
	slices.Sort(names)
	var shown []bridge.Speaker
	sim.eventually("these speakers and no others", func() bool {
		shown = sim.Daemon.Snapshot().Speakers
		return slices.EqualFunc(shown, names, func(s bridge.Speaker, name string) bool { return s.Name == name })
	})
	return shown
}

// wantSameSpeakers fails the test unless the simulation offers the same speakers as before:
// none was taken off the list and announced anew.
func (sim *simulation) wantSameSpeakers(before []bridge.Speaker) {
	sim.t.Helper()
	now := sim.Daemon.Snapshot().Speakers
	same := slices.EqualFunc(before, now, func(a, b bridge.Speaker) bool {
		return a.Name == b.Name && a.ID == b.ID && a.UDN == b.UDN && a.Port == b.Port
	})
	if !same {
		sim.t.Errorf("want the speakers %v, got %v", namesOf(before), namesOf(now))
	}
}

func namesOf(speakers []bridge.Speaker) []string {
	var names []string
	for _, s := range speakers {
		names = append(names, s.Name)
	}
	return names
}
