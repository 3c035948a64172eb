package fleet

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/rule"
)

// newGroupsHarness is one with groups.
func newGroupsHarness(t *testing.T, groups string) *harness {
	t.Helper()
	list, err := rule.ParseGroups(groups)
	if err != nil {
		t.Fatal(err)
	}
	return newHarnessWith(t, func(o *Options) { o.Groups = list })
}

// findsDescribed tells of a speaker that other bridges can play on as well.
func (h *harness) findsDescribed(udn, name string) {
	h.t.Helper()
	f := newFound(h.t, &fakeDevice{state: "STOPPED"}, udn, name)
	f.fingerprint, f.device = wired, described(h.t, udn, name)
	f.root = f.device
	h.looked(finding{location: wired, from: netip.MustParseAddr("127.0.0.1"), found: []*found{f}})
}

// A speaker that is renamed changes its groups.
func TestRenamedSpeakerChangesItsGroups(t *testing.T) {
	h := newGroupsHarness(t, "Downstairs=Kit*")
	g := h.groups.all[0]
	h.findsDescribed("uuid:1", "Bath")
	if n := len(g.members); n != 0 {
		t.Fatalf("want no member, got %d", n)
	}
	h.findsDescribed("uuid:1", "Kitchen")
	if n := len(g.members); n != 1 || g.offer == nil {
		t.Fatalf("want it a member of a group that is offered, got %d", n)
	}
	h.findsDescribed("uuid:1", "Bath")
	if n := len(g.members); n != 0 || g.offer != nil {
		t.Errorf("want no member and no group, got %d", n)
	}
}

// Rooms that Sonos has grouped do not play against each other in a group of ours:
// their coordinator's plays for all.
func TestRoomsOfOneCoordinatorAreOneMember(t *testing.T) {
	room := func(udn, device string) *found {
		return &found{Target: player.Target{UDN: udn}, device: &upnp.Device{UDN: device}}
	}
	follower := room("uuid:follower", "uuid:coordinator")
	coordinator := room("uuid:coordinator", "uuid:coordinator")
	other := room("uuid:other", "uuid:other")
	for _, order := range [][]*found{{follower, coordinator, other}, {coordinator, other, follower}} {
		h := newGroupsHarness(t, "Everywhere=*")
		g := h.groups.all[0]
		if !h.groups.launch(g) {
			t.Fatal("want the group offered")
		}
		for _, one := range order {
			if h.groups.playsOnce(g, one) {
				g.members[one.UDN] = one.device.UDN
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
func TestMemberIsSetAsItsSpeaker(t *testing.T) {
	h := newHarness(t)
	device := described(t, "uuid:1", "Kitchen")
	own, err := h.inspector.connect(device, device, netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	own.Settings.Volume.Fixed, own.Settings.Delay = true, time.Second
	h.inspector.setFormats(own)
	own.Output = &roomOutput{output: own.Output.(*output), own: own.renderer, volume: &roomVolume{}, restore: true}
	member, err := h.inspector.again(own)
	if err != nil {
		t.Fatal(err)
	}
	if !member.Settings.Volume.Fixed || member.Settings.Delay != time.Second || !member.Output.(*roomOutput).restore {
		t.Errorf("want the speaker's settings, got %+v", member.Settings)
	}
}

// A group whose bridge failed is withdrawn, and set up anew by the next look at
// its speakers.
func TestFailedGroupComesBack(t *testing.T) {
	h := newGroupsHarness(t, "Everywhere=*")
	g := h.groups.all[0]
	h.findsDescribed("uuid:1", "Kitchen")
	before := g.offer.bridge
	h.failed(groupUDN + "Everywhere")
	if g.offer != nil || len(g.members) != 0 {
		t.Fatal("want the group withdrawn")
	}
	h.findsDescribed("uuid:1", "Kitchen")
	if g.offer == nil || g.offer.bridge == before {
		t.Error("want another bridge for the group")
	}
}
