package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/sonos"
	"github.com/breezeway-audio/breezeway/pkg/sim/stall"
)

// regroupWithin bounds the silence in a room whose sound moves to another
// player, or begins there anew: a second of it is the silence that Sonos players
// get ahead. An idle machine takes between 1.1 and 2 s.
const regroupWithin = 6 * time.Second

// Rooms that join the one that plays hear its sound, those that leave it do not,
// and in that room itself there is no gap.
func TestSonosRoomsJoinAndLeave(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, []string{longLatency})
	h := sim.startHousehold(sonos.Options{ID: "Sonos_join", Players: append(rooms("Kitchen", "Bath", "Den", "Attic"),
		sonos.PlayerOptions{Room: "Living Room", Satellites: 2})})
	kitchen, bath := h.Player("Kitchen"), h.Player("Bath")
	sim.waitOfferedExactly("Kitchen", "Bath", "Den", "Attic", "Living Room")
	music := testMusic(1, time.Minute)
	sim.connectSender(h.snapshotOf("Kitchen"), sender.Options{}).keepPlaying(music)
	h.waitSound("the kitchen", "Kitchen")
	began := h.snapshotOf("Kitchen").Began
	must(t, h.Group(t.Context(), kitchen, bath, h.Player("Living Room")))
	h.waitSound("the group", "Kitchen", "Bath", "Living Room")
	must(t, h.Ungroup(t.Context(), bath))
	h.waitQuiet("Bath", "Living Room")
	must(t, h.Pair(t.Context(), kitchen, h.Player("Den")))
	h.waitSound("both halves of the pair", "Kitchen", "Den")
	sim.waitOfferedExactly("Kitchen", "Bath", "Attic", "Living Room")
	must(t, h.Separate(t.Context(), kitchen))
	h.waitQuiet("Den", "Kitchen")
	sim.waitOfferedExactly("Kitchen", "Bath", "Den", "Attic", "Living Room")
	for _, room := range []string{"Kitchen", "Bath", "Living Room", "Den"} {
		h.wantMusic(room, music, 1)
	}
	if shown := h.snapshotOf("Kitchen"); !shown.Playing() || !shown.Began.Equal(began) {
		t.Errorf("want the session to go on, got %s since %v, was %v", shown.State(), shown.Began, began)
	}
	if n := h.recorders["Attic"].samples(); n != 0 {
		t.Errorf("want nothing heard in the attic, got %d samples", n)
	}
}

// The sound follows its room into a group, out of it, and stays when the
// others leave it; however soon one change comes after the other.
func TestSonosRoomMoves(t *testing.T) {
	t.Parallel()
	stall.Retry(t, retryStall, func() error {
		var longest time.Duration
		t.Run("steps", func(t *testing.T) { longest = moveAround(t) })
		if longest > regroupWithin {
			return fmt.Errorf("want at most %v without sound in a room that moves, got %v", regroupWithin, longest)
		}
		return nil
	})
}

// moveAround has a room that plays join and leave others, and gives the longest
// time without sound in it.
func moveAround(t *testing.T) (longest time.Duration) {
	sim := startSimulation(t, []string{longLatency})
	h := sim.startHousehold(sonos.Options{ID: "Sonos_move", Players: rooms("Kitchen", "Bath", "Den")})
	kitchen, bath, den := h.Player("Kitchen"), h.Player("Bath"), h.Player("Den")
	sim.waitOfferedExactly("Kitchen", "Bath", "Den")
	music := testMusic(1, time.Minute)
	sim.connectSender(h.snapshotOf("Kitchen"), sender.Options{}).keepPlaying(music)
	h.waitSound("the kitchen", "Kitchen")
	began, rec := h.snapshotOf("Kitchen").Began, h.recorders["Kitchen"]
	rec.longestGap()
	steps := []struct {
		name  string
		do    func() error
		by    string // the coordinator afterwards
		sound []string
		quiet string
	}{
		{"it joins another", func() error { return h.Group(t.Context(), bath, kitchen) }, "Bath", []string{"Kitchen", "Bath"}, "Den"},
		{"it leaves again", func() error { return h.Ungroup(t.Context(), kitchen) }, "Kitchen", []string{"Kitchen"}, "Bath"},
		{"others join it", func() error { return h.Group(t.Context(), kitchen, bath, den) }, "Kitchen", []string{"Kitchen", "Bath", "Den"}, ""},
		{"it leaves them", func() error { return h.Ungroup(t.Context(), kitchen) }, "Kitchen", []string{"Kitchen"}, "Den"},
		{"it joins them", func() error { return h.Group(t.Context(), den, kitchen) }, "Bath", []string{"Kitchen", "Bath", "Den"}, ""},
		{"their coordinator leaves", func() error { return h.Ungroup(t.Context(), bath) }, "Den", []string{"Kitchen", "Den"}, "Bath"},
	}
	for _, step := range steps {
		must(t, step.do())
		h.waitPlayedBy("Kitchen", step.by)
		h.waitSound(step.name, step.sound...)
		if step.quiet != "" {
			h.waitQuiet(step.quiet, "Kitchen")
		}
		gap := rec.longestGap()
		t.Logf("%s: %v without sound in the kitchen", step.name, gap.Round(time.Millisecond))
		longest = max(longest, gap)
	}
	for _, room := range []string{"Kitchen", "Bath", "Den"} {
		h.wantParts(room, music)
	}
	if shown := h.snapshotOf("Kitchen"); !shown.Playing() || !shown.Began.Equal(began) {
		t.Errorf("want the session to go on, got %s since %v, was %v", shown.State(), shown.Began, began)
	}
	return longest
}

// A room that joins a group which plays gets the group's music; its own sender is
// paused.
func TestSonosRoomJoinsAGroupThatPlays(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, []string{longLatency})
	h := sim.startHousehold(sonos.Options{ID: "Sonos_two", Players: rooms("Kitchen", "Bath")})
	sim.waitOfferedExactly("Kitchen", "Bath")
	music, other := testMusic(1, time.Minute), testMusic(5, time.Minute)
	phone := sim.newPhone(h.snapshotOf("Kitchen"))
	phone.keepPlaying(other)
	sim.connectSender(h.snapshotOf("Bath"), sender.Options{}).keepPlaying(music)
	h.waitSound("both", "Kitchen", "Bath")
	must(t, h.Group(t.Context(), h.Player("Bath"), h.Player("Kitchen")))
	sim.eventually("the sender of the kitchen gives way", func() bool { return h.snapshotOf("Kitchen").State() == player.StateReleased })
	sim.wantCommands(phone, "pause")
	h.waitSound("the bath's music in both", "Kitchen", "Bath")
	h.wantMusic("Bath", music, 1)
	heard := h.recorders["Kitchen"].soundPieces()
	last := heard[len(heard)-1]
	wantPart(t, music, last[len(last)-audio.CD.SampleRate/2:])
}

// Senders turn a group as one speaker, and the rooms keep their ratio.
func TestSonosGroupVolume(t *testing.T) {
	t.Parallel()
	const changes = 100
	sim := startSimulation(t, []string{longLatency})
	h := sim.startHousehold(sonos.Options{ID: "Sonos_loud", Players: []sonos.PlayerOptions{
		{Room: "Kitchen", Volume: 40}, {Room: "Bath", Volume: 20}, {Room: "Den", Volume: 60}, {Room: "Attic", Volume: 33}}})
	kitchen, bath, den := h.Player("Kitchen"), h.Player("Bath"), h.Player("Den")
	sim.waitOfferedExactly("Kitchen", "Bath", "Den", "Attic")
	must(t, h.Group(t.Context(), kitchen, bath, den))
	h.waitPlayedBy("Bath", "Kitchen")
	from := sim.connectSender(h.snapshotOf("Bath"), sender.Options{})
	sim.eventually("the sender learns the volume of the group", func() bool { return near(from.askVolume(), dbOf(40)) })

	stands := func(group int) bool {
		for player, share := range map[*sonos.Player]float64{kitchen: 1, bath: 0.5, den: 1.5} {
			volume, _ := player.Volume()
			if want := share * float64(group); float64(volume) < want-1 || float64(volume) > want+1 {
				return false
			}
		}
		return true
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range changes {
		group := rng.IntN(67) // more and the loudest room would be at its top
		must(t, from.SetVolume(t.Context(), dbOf(group)))
		if i%5 == 4 { // the others may be passed over: the latest counts
			sim.eventually("the rooms keep their ratio", func() bool { return stands(group) })
		}
	}
	if volume, _ := h.Player("Attic").Volume(); volume != 33 {
		t.Errorf("want a room outside of the group left alone, it is at %d", volume)
	}

	must(t, from.SetVolume(t.Context(), dbOf(40)))
	sim.eventually("the rooms are as they were", func() bool { return stands(40) })
	must(t, h.Ungroup(t.Context(), bath))
	h.waitPlayedBy("Bath", "Bath")
	sim.eventually("the sender learns the volume of the room alone", func() bool { return near(from.askVolume(), dbOf(20)) })
	must(t, from.SetVolume(t.Context(), dbOf(70)))
	sim.eventually("the room alone is turned", func() bool { volume, _ := bath.Volume(); return volume == 70 })
	if volume, _ := den.Volume(); volume != 60 {
		t.Errorf("want the rest of the group left alone, got the den at %d", volume)
	}
}

// dbOf is the sender's volume for a player's.
func dbOf(volume int) float64 { return -30 + 30*float64(volume)/100 }
