package bridge

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/rule"
)

// described is a renderer as a description shows it.
func described(t *testing.T, udn, name string) *upnp.Device {
	t.Helper()
	u, err := url.Parse(wired)
	if err != nil {
		t.Fatal(err)
	}
	return &upnp.Device{UDN: udn, FriendlyName: name, Location: u, Services: []upnp.Service{
		{Type: "urn:schemas-upnp-org:service:AVTransport:1", Control: u},
	}}
}

// grouped has a house with groups.
func grouped(t *testing.T, groups string) *house {
	t.Helper()
	h := newHouse(t)
	list, err := rule.ParseGroups(groups)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range list {
		h.groups = append(h.groups, &groupEntry{group: g, members: make(map[string]string)})
	}
	return h
}

// findsDescribed tells of a speaker that other bridges can play on as well.
func (h *house) findsDescribed(udn, name string) {
	h.t.Helper()
	t := fakeTarget(h.t, &fakeDevice{state: "STOPPED"}, udn, name)
	t.fingerprint, t.device = wired, described(h.t, udn, name)
	t.root = t.device
	h.tells(finding{location: wired, from: netip.MustParseAddr("127.0.0.1"), targets: []*target{t}})
}

// A speaker that is renamed changes its groups.
func TestRenamedSpeakerChangesItsGroups(t *testing.T) {
	h := grouped(t, "Downstairs=Kit*")
	h.findsDescribed("uuid:1", "Bath")
	if n := len(h.groups[0].members); n != 0 {
		t.Fatalf("want no member, got %d", n)
	}
	h.findsDescribed("uuid:1", "Kitchen")
	if n := len(h.groups[0].members); n != 1 || h.groups[0].bridge == nil {
		t.Fatalf("want it a member of a group that is offered, got %d", n)
	}
	h.findsDescribed("uuid:1", "Bath")
	if n := len(h.groups[0].members); n != 0 || h.groups[0].bridge != nil {
		t.Errorf("want no member and no group, got %d", n)
	}
}

// Rooms that Sonos has grouped do not play against each other in a group of ours:
// their coordinator's plays for all.
func TestRoomsOfOneCoordinatorAreOneMember(t *testing.T) {
	follower := &target{udn: "uuid:follower", device: &upnp.Device{UDN: "uuid:coordinator"}}
	coordinator := &target{udn: "uuid:coordinator", device: &upnp.Device{UDN: "uuid:coordinator"}}
	other := &target{udn: "uuid:other", device: &upnp.Device{UDN: "uuid:other"}}
	for _, order := range [][]*target{{follower, coordinator, other}, {coordinator, other, follower}} {
		m := NewManager(ManagerOptions{})
		g := &groupEntry{bridge: newBridge(Options{}), members: make(map[string]string)}
		for _, one := range order {
			if m.makeRoom(g, one) {
				g.members[one.udn] = one.device.UDN
			}
		}
		var got []string
		for udn := range g.members {
			got = append(got, udn)
		}
		slices.Sort(got)
		if want := []string{"uuid:coordinator", "uuid:other"}; !slices.Equal(got, want) {
			t.Errorf("want %v, got %v", want, got)
		}
	}
}

// A group plays on a speaker as the speaker is set.
func TestTwinIsSetAsItsSpeaker(t *testing.T) {
	h := newHouse(t)
	device := described(t, "uuid:1", "Kitchen")
	own, err := h.target(device, device, netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	own.settings.Volume.Fixed, own.settings.Delay = true, time.Second
	own.initFormats()
	own.plays = &roomDevice{Renderer: own.renderer, own: own.renderer, volume: &roomVolume{}, restores: true}
	twin, err := h.twin(own)
	if err != nil {
		t.Fatal(err)
	}
	if !twin.settings.Volume.Fixed || twin.settings.Delay != time.Second || !twin.plays.(*roomDevice).restores {
		t.Errorf("want the speaker's settings, got %+v", twin.settings)
	}
}

// A Sonos player that stayed away is not offered again before it is found.
func TestSonosPlayerGoneForGood(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	h := newHouse(t)
	h.findsPlayer(server.URL)
	h.now = h.now.Add(topologyWithin + time.Second)
	h.regroup(h.ctx, h.group, h.now)
	e := h.roster[zoneUDN]
	if e == nil {
		t.Fatal("want the player offered")
	}
	for range absentAfter {
		h.fails(e.location)
	}
	h.now = h.now.Add(h.options.Grace + time.Minute)
	h.survey(h.ctx, h.group, h.known, h.now)
	h.regroup(h.ctx, h.group, h.now)
	if n := len(h.roster); n != 0 {
		t.Errorf("want it gone, got %d speakers", n)
	}
}

// Some speakers end a pause by themselves after minutes: that is no hiccup.
func TestPausedSpeakerStaysSilent(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, _ := d.device()
		d.sound()
		d.after(40*time.Second, StatePlaying)
		f.is("PAUSED_PLAYBACK")
		d.after(5*time.Minute, StatePlaying)
		f.is("STOPPED")
		d.after(time.Minute, StateReleased)
		d.wantActions(f, "Play")
	})
}

// What was turned while the speaker was away, it is told when it comes back.
func TestVolumeTurnedWhileAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSpeaker{}
		d := newDriver(zerolog.Nop(), func(int, error) {})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.runVolume(ctx) }()
		d.turn(loudness{level: 0.5})
		synctest.Wait()
		d.attach(f)
		time.Sleep(time.Second)
		if want, got := []string{"volume " + time.Duration(50).String()}, f.told(); !slices.Equal(want, got) {
			t.Errorf("want %q, got %q", want, got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A speaker that cannot mute goes to silence, below what is the least for senders.
func TestMuteBelowTheLeast(t *testing.T) {
	f := &fakeSpeaker{muteErr: renderer.ErrUnsupported}
	d := newDriver(zerolog.Nop(), func(int, error) {})
	d.attach(f)
	d.turn(loudness{level: 0.2, mute: true})
	d.applyVolume(t.Context())
	if want, got := []string{"mute", "volume 0s"}, f.told(); !slices.Equal(want, got) {
		t.Errorf("want %q, got %q", want, got)
	}
}

// A group whose bridge failed is withdrawn, and set up anew by the next look at
// its speakers.
func TestFailedGroupComesBack(t *testing.T) {
	h := grouped(t, "Everywhere=*")
	h.findsDescribed("uuid:1", "Kitchen")
	before := h.groups[0].bridge
	h.failed(h.known, groupUDN+"Everywhere")
	if h.groups[0].bridge != nil || len(h.groups[0].members) != 0 {
		t.Fatal("want the group withdrawn")
	}
	h.findsDescribed("uuid:1", "Kitchen")
	if b := h.groups[0].bridge; b == nil || b == before {
		t.Error("want another bridge for the group")
	}
}
