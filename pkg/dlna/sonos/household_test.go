package sonos_test

import (
	"context"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	sim "github.com/breezeway-audio/breezeway/pkg/sim/sonos"
)

// A followedHousehold is a simulated household that is followed by events.
type followedHousehold struct {
	*sim.Household
	client    *upnp.Client
	topologyC chan sonos.Topology
}

func follow(t *testing.T, o sim.Options) *followedHousehold {
	t.Helper()
	h := &followedHousehold{Household: household(t, o), client: upnp.NewClient(upnp.Options{}), topologyC: make(chan sonos.Topology, 64)}
	events := upnp.NewSubscriptions(h.client)
	base := serveEvents(t, events)
	all := sonos.NewHouseholds(sonos.Options{
		Client:   h.client,
		Events:   events,
		Callback: func(netip.Addr) string { return base },
		OnChange: func(topology sonos.Topology) { h.topologyC <- topology },
	})
	run(t, all.Run)
	for _, p := range h.Players() {
		all.PlayerFound(playerOf(t, h.client, p), "")
	}
	return h
}

// want waits until the rooms and their coordinators' rooms are as said.
func (h *followedHousehold) want(t *testing.T, rooms map[string]string) {
	t.Helper()
	names := make(map[sonos.UUID]string)
	for _, p := range h.Players() {
		names[sonos.UUID(p.UUID())] = p.Room()
	}
	got := make(map[string]string)
	expired := time.After(timeout)
	for !reflect.DeepEqual(got, rooms) {
		select {
		case topology := <-h.topologyC:
			clear(got)
			for _, r := range topology.Rooms() {
				got[r.Name] = names[r.Coordinator]
			}
		case <-expired:
			t.Fatalf("want %v, got %v", rooms, got)
		}
	}
}

// subscribed waits until one player sends its events.
func (h *followedHousehold) subscribed(t *testing.T) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	expired := time.After(timeout)
	for n := 0; n == 0; {
		select {
		case <-tick.C:
		case <-expired:
			t.Fatal("want a subscription")
		}
		for _, p := range h.Players() {
			n += p.Subscribers()
		}
	}
}

func TestHouseholdIsFollowed(t *testing.T) {
	players := []sim.PlayerOptions{
		{Room: "Kitchen"}, {Room: "Anna & Bob's <Büro>"}, {Room: "TV", Satellites: 3}, {Room: "BRIDGE", Bridge: true}, {Room: "Bath"},
	}
	const office = "Anna & Bob's <Büro>"
	tests := []struct {
		name string
		o    sim.Options
	}{
		{"S2", sim.Options{Players: players}},
		{"S1", sim.Options{Players: players, Generation: sim.S1}},
		{"too large to be asked", sim.Options{Players: players, TooLarge: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, ctx := follow(t, tt.o), context.Background()
			kitchen, bath, tv := h.Player("Kitchen"), h.Player("Bath"), h.Player("TV")
			h.want(t, map[string]string{"Kitchen": "Kitchen", office: office, "TV": "TV", "Bath": "Bath"})
			h.subscribed(t)

			must(t, h.Group(ctx, kitchen, bath, tv))
			h.want(t, map[string]string{"Kitchen": "Kitchen", office: office, "TV": "Kitchen", "Bath": "Kitchen"})
			must(t, h.Ungroup(ctx, kitchen)) // the others play on
			h.want(t, map[string]string{"Kitchen": "Kitchen", office: office, "TV": "Bath", "Bath": "Bath"})
			must(t, h.Pair(ctx, kitchen, h.Player(office)))
			h.want(t, map[string]string{"Kitchen": "Kitchen", "TV": "Bath", "Bath": "Bath"})
			must(t, h.Separate(ctx, kitchen))
			h.want(t, map[string]string{"Kitchen": "Kitchen", office: office, "TV": "Bath", "Bath": "Bath"})
			load(t, h.client, tv, ourURI) // pulls a member out of its group
			h.want(t, map[string]string{"Kitchen": "Kitchen", office: office, "TV": "TV", "Bath": "Bath"})

			asked := 0
			for _, p := range h.Players() {
				asked += p.TopologyCalls()
			}
			if asked > 10 {
				t.Errorf("want events to report it, got %d questions", asked)
			}
		})
	}
}

func TestDescriptionsOfPlayers(t *testing.T) {
	h := household(t, sim.Options{Players: []sim.PlayerOptions{{Room: "A"}, {Room: "BRIDGE", Bridge: true}}, Generation: sim.S1})
	client := upnp.NewClient(upnp.Options{})
	root := describe(t, client, h.Player("A"))
	p, ok := sonos.PlayerOf(root)
	if !ok || string(p.UUID) != h.Player("A").UUID() || p.Address != loopback {
		t.Errorf("want player %s at %v, got %+v, %v", h.Player("A").UUID(), loopback, p, ok)
	}
	renderers := root.Find("urn:schemas-upnp-org:device:MediaRenderer:")
	udn := "uuid:" + h.Player("A").UUID() + "_MR"
	if len(renderers) != 1 || renderers[0].UDN != udn || renderers[0].RoomName != "A" || renderers[0].SoftwareGeneration != "1" {
		t.Errorf("want the renderer %s of room A, S1, got %+v", udn, renderers)
	}
	if got := describe(t, client, h.Player("BRIDGE")).Find("urn:schemas-upnp-org:device:MediaRenderer:"); len(got) != 0 {
		t.Errorf("want no renderer in a bridge, got %+v", got)
	}
	if _, ok := sonos.PlayerOf(&upnp.Device{UDN: "uuid:RINCON_A", Location: root.Location}); ok {
		t.Error("want no player without ZoneGroupTopology")
	}
}
