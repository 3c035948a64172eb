package e2e_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/demo"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/sonos"
)

// One AirPlay speaker a room, whatever is bound together in it, in each of two
// households; and the same ones while their groups change.
func TestSonosRooms(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, nil)
	modern := sim.startHousehold(sonos.Options{ID: "Sonos_modern", Players: append(rooms("Kitchen", "Bath", "Den", "Den right"),
		sonos.PlayerOptions{Room: "Living Room", Satellites: 3}, sonos.PlayerOptions{Room: "BRIDGE", Bridge: true})})
	old := sim.startHousehold(sonos.Options{ID: "Sonos_old", Generation: sonos.S1,
		Players: append(rooms("Garage", "Attic"), sonos.PlayerOptions{Room: "Cinema", Satellites: 2})})
	must(t, modern.Pair(t.Context(), modern.Player("Den"), modern.Player("Den right")))
	speakers := sim.waitOfferedExactly("Kitchen", "Bath", "Den", "Living Room", "Garage", "Attic", "Cinema")
	sim.eventually("all are announced", func() bool { return sim.Daemon.Snapshot().MDNS.Established >= len(speakers) })

	must(t, modern.Group(t.Context(), modern.Player("Kitchen"), modern.Player("Bath"), modern.Player("Living Room"), modern.Player("Den")))
	must(t, old.Group(t.Context(), old.Player("Attic"), old.Player("Garage")))
	for _, room := range []string{"Bath", "Living Room", "Den"} {
		modern.waitPlayedBy(room, "Kitchen")
	}
	old.waitPlayedBy("Garage", "Attic")
	must(t, modern.Ungroup(t.Context(), modern.Player("Kitchen")))
	modern.waitPlayedBy("Den", "Bath")
	modern.waitPlayedBy("Kitchen", "Kitchen")
	sim.wantSameSpeakers(speakers)
	if gone := sim.log.linesWith(`"to":"leaving"`); len(gone) != 0 {
		t.Errorf("want no speaker withdrawn, got %s", gone)
	}
}

// The topology of a household that is too large for GetZoneGroupState comes by event.
func TestSonosLargeHousehold(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, nil)
	h := sim.startHousehold(sonos.Options{ID: "Sonos_large", TooLarge: true,
		Players: append(rooms("Kitchen", "Bath"), sonos.PlayerOptions{Room: "Living Room", Satellites: 3})})
	speakers := sim.waitOfferedExactly("Kitchen", "Bath", "Living Room")
	must(t, h.Group(t.Context(), h.Player("Kitchen"), h.Player("Bath")))
	h.waitPlayedBy("Bath", "Kitchen")
	sim.wantSameSpeakers(speakers)
	asked := 0
	for _, one := range h.Players() {
		asked += one.TopologyCalls()
	}
	if asked > 3 {
		t.Errorf("want a household that refuses to tell left alone, it was asked %d times", asked)
	}
}

// Rules go by the room's name, whatever the player calls itself.
func TestSonosRules(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, []string{`BREEZEWAY_RULES=Kitchen: rename=Galley; Bath: skip; model="Sonos Sub*": skip`})
	h := sim.startHousehold(sonos.Options{ID: "Sonos_rules",
		Players: append(rooms("Kitchen", "Bath", "Den"), sonos.PlayerOptions{Room: "Cellar", Model: "Sonos Sub Mini"})})
	speakers := sim.waitOfferedExactly("Galley", "Den")
	must(t, h.Group(t.Context(), h.Player("Bath"), h.Player("Kitchen"), h.Player("Den")))
	h.waitPlayedBy("Kitchen", "Bath") // a room that is left out plays for others all the same
	sim.wantSameSpeakers(speakers)
}

// Players that speak AirPlay themselves are left out, but for those that a rule
// wants.
func TestSonosPlayersWithAirPlayAreSkipped(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, []string{"BREEZEWAY_RULES=Bath: include"})
	announcer := mdns.New(mdns.Options{
		Hostname: "sonos", Interfaces: sim.Daemon.Interfaces, Port: sim.MDNSPort, Log: zerolog.Nop(),
	})
	announcer.Publish(mdns.Service{Instance: "Kitchen", Type: "_airplay._tcp", Port: 7000})
	sim.runInBackground(announcer.Run)
	sim.eventually("the native speaker is seen", func() bool { return sim.Daemon.HasAirPlay(demo.Loopback) })
	players := rooms("Kitchen", "Bath", "Den")
	players[0].Listen, players[1].Listen = demo.Loopback, demo.Loopback // where the native speaker is
	h := sim.startHousehold(sonos.Options{ID: "Sonos_native", Players: players})
	speakers := sim.waitOfferedExactly("Bath", "Den")
	must(t, h.Group(t.Context(), h.Player("Kitchen"), h.Player("Bath")))
	h.waitPlayedBy("Bath", "Kitchen")
	sim.wantSameSpeakers(speakers)
}

// What each generation of players gets, and how.
func TestSonosCodecs(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, []string{longLatency, "BREEZEWAY_RULES=Bath: codec=flac"})
	modern := sim.startHousehold(sonos.Options{ID: "Sonos_modern", Players: rooms("Kitchen", "Bath")})
	old := sim.startHousehold(sonos.Options{ID: "Sonos_old", Generation: sonos.S1,
		Players: []sonos.PlayerOptions{{Room: "Attic", Volume: 20, Model: "Sonos Play:1"}}})
	tests := []struct {
		house  *household
		room   string
		codec  audio.Codec
		scheme string
	}{
		{modern, "Kitchen", audio.WAV, "http://"},
		{modern, "Bath", audio.FLAC, "http://"},
		{old, "Attic", audio.MP3, "x-rincon-mp3radio://"},
	}
	sim.waitOfferedExactly("Kitchen", "Bath", "Attic")
	t.Run("all", func(t *testing.T) {
		for _, tt := range tests {
			t.Run(tt.room, func(t *testing.T) {
				t.Parallel()
				sim := sim.forSubtest(t)
				music := testMusic(1, waitTimeout)
				from := sim.connectSender(tt.house.snapshotOf(tt.room), sender.Options{})
				from.sendUntil(music, "it plays", func() bool { return tt.house.snapshotOf(tt.room).Nearest().Verified })
				shown := tt.house.snapshotOf(tt.room)
				if uri, _, _ := tt.house.Player(tt.room).Loaded(); shown.Nearest().Codec != tt.codec || !strings.HasPrefix(uri, tt.scheme) {
					t.Errorf("want %v by %s, got %v by %s", tt.codec, tt.scheme, shown.Nearest().Codec, uri)
				}
				if tt.codec != audio.MP3 { // that a simulated player does not decode
					tt.house.wantMusic(tt.room, music, 1)
				}
			})
		}
	})
}

// A player that had the television or its line input on goes back to it after
// the session where a rule says so.
func TestSonosRestore(t *testing.T) {
	t.Parallel()
	const tv, line = "x-sonos-htastream:RINCON_000E58000001400:spdif", "x-rincon-stream:RINCON_000E58000001400"
	tests := []struct {
		room, before string
		on           bool // it played before
		back         bool
	}{
		{"Living Room", tv, true, true},
		{"Den", line, true, true},
		{"Office", line, false, true},
		{"Kitchen", line, true, false},
	}
	sim := startSimulation(t, []string{longLatency, "BREEZEWAY_RULES=name=Living*: restore=on; Den: restore=on; Office: restore=on"})
	h := sim.startHousehold(sonos.Options{ID: "Sonos_inputs",
		Players: append(rooms("Den", "Office", "Kitchen"), sonos.PlayerOptions{Room: "Living Room", Volume: 20, Satellites: 2})})
	sim.waitOfferedExactly("Living Room", "Den", "Office", "Kitchen")
	t.Run("all", func(t *testing.T) {
		for _, tt := range tests {
			t.Run(tt.room, func(t *testing.T) {
				t.Parallel()
				sim := sim.forSubtest(t)
				zonePlayer := h.Player(tt.room)
				zonePlayer.SetInput(tt.before, "", tt.on)
				from := sim.connectSender(h.snapshotOf(tt.room), sender.Options{})
				from.sendUntil(testMusic(1, waitTimeout), "it plays", func() bool { return h.recorders[tt.room].samples() > audio.CD.SampleRate })
				must(t, from.Teardown(t.Context()))
				if !tt.back {
					sim.eventually("the session ends", func() bool {
						return h.snapshotOf(tt.room).State() == player.StateIdle && zonePlayer.State().String() == "STOPPED"
					})
				} else {
					sim.eventually("it has its input again", func() bool {
						uri, _, on := zonePlayer.Loaded()
						return uri == tt.before && on == tt.on
					})
				}
				if uri, _, _ := zonePlayer.Loaded(); (uri == tt.before) != tt.back {
					t.Errorf("want its input again: %v, got %s", tt.back, uri)
				}
			})
		}
	})
}

// A coordinator whose answers to searches are lost is found through the rooms
// that follow it, which are offered meanwhile.
func TestSonosCoordinatorWhoseAnswersAreLost(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, []string{longLatency})
	h := sim.startHousehold(sonos.Options{ID: "Sonos_unheard", Players: []sonos.PlayerOptions{
		{Room: "Kitchen", Volume: 20, IgnoresSearches: true, Listen: netip.AddrFrom4([4]byte{127, 0, 0, 2})},
		{Room: "Bath", Volume: 20}, {Room: "Den", Volume: 20}}})
	sim.waitOfferedExactly("Bath", "Den")
	music := testMusic(1, time.Minute)
	sim.connectSender(h.snapshotOf("Bath"), sender.Options{}).keepPlaying(music)
	h.waitSound("the bath", "Bath")
	must(t, h.Group(t.Context(), h.Player("Kitchen"), h.Player("Bath")))
	h.waitPlayedBy("Bath", "Kitchen")
	h.waitSound("the group", "Kitchen", "Bath")
	sim.waitOfferedExactly("Kitchen", "Bath", "Den")
	if got := h.snapshotOf("Kitchen").Nearest().Address; got != "127.0.0.2" {
		t.Errorf("want the kitchen at its own address, got %s", got)
	}
	h.wantParts("Kitchen", music)
	h.wantParts("Bath", music)
}

// A group changes while nothing plays, right before the sound comes.
func TestSonosStartInAGroup(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, []string{longLatency})
	h := sim.startHousehold(sonos.Options{ID: "Sonos_start", Players: rooms("Kitchen", "Bath", "Den")})
	sim.waitOfferedExactly("Kitchen", "Bath", "Den")
	music := testMusic(1, time.Minute)
	from := sim.connectSender(h.snapshotOf("Bath"), sender.Options{})
	must(t, h.Group(t.Context(), h.Player("Kitchen"), h.Player("Bath")))
	from.keepPlaying(music)
	h.waitSound("the whole group", "Kitchen", "Bath")
	h.waitQuiet("Den", "Bath")
	h.wantMusic("Kitchen", music, 1)
	h.wantMusic("Bath", music, 1)
}
