package sonos_test

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
)

func group(attributes, inner string) string {
	return `<ZoneGroup ` + attributes + `>` + inner + `</ZoneGroup>`
}

func state(groups ...string) string {
	return `<ZoneGroupState><ZoneGroups>` + strings.Join(groups, "") + `</ZoneGroups><VanishedDevices/></ZoneGroupState>`
}

func TestParseTopology(t *testing.T) {
	pairing := ` ChannelMapSet="RINCON_A:LF,LF;RINCON_B:RF,RF"`
	alone := []sonos.Group{{Coordinator: "RINCON_A", Members: []sonos.Member{{UUID: "RINCON_A", Room: "Bath"}}}}
	tests := []struct {
		name  string
		state string
		want  []sonos.Group
	}{
		{"one player", state(group(`Coordinator="RINCON_A" ID="RINCON_A:46"`, `<ZoneGroupMember UUID="RINCON_A" ZoneName="Bath"/>`)), alone},
		{"without ZoneGroups", `<ZoneGroupState>` + group(`Coordinator="RINCON_A"`, `<ZoneGroupMember UUID="RINCON_A" ZoneName="Bath"/>`) +
			`</ZoneGroupState>`, alone},
		{"a declaration of another encoding", `<?xml version="1.0" encoding="ISO-8859-1"?>` +
			state(group(`Coordinator="RINCON_A"`, `<ZoneGroupMember UUID="RINCON_A" ZoneName="Büro"/>`)),
			[]sonos.Group{{Coordinator: "RINCON_A", Members: []sonos.Member{{UUID: "RINCON_A", Room: "Büro"}}}}},
		{"members and groups in any order", state(
			group(`ID="RINCON_C:1" Coordinator="RINCON_C"`, `<ZoneGroupMember UUID="RINCON_C" ZoneName="C"/>`),
			group(`Coordinator="RINCON_B"`, `<ZoneGroupMember UUID="RINCON_B" ZoneName="B"/><ZoneGroupMember ZoneName="A" UUID="RINCON_A"/>`),
		), []sonos.Group{
			{Coordinator: "RINCON_B", Members: []sonos.Member{{UUID: "RINCON_A", Room: "A"}, {UUID: "RINCON_B", Room: "B"}}},
			{Coordinator: "RINCON_C", Members: []sonos.Member{{UUID: "RINCON_C", Room: "C"}}},
		}},
		{"all attributes", state(group(`Coordinator="RINCON_A"`, `<ZoneGroupMember UUID="RINCON_A" ZoneName=" Anna &amp;  Bob " `+
			`Location="http://192.0.2.7:1400/xml/device_description.xml" SoftwareVersion="83.1-61240" BootSeq="41" Orientation="0"/>`)),
			[]sonos.Group{{Coordinator: "RINCON_A", Members: []sonos.Member{{
				UUID: "RINCON_A", Room: "Anna & Bob", Location: "http://192.0.2.7:1400/xml/device_description.xml",
				SoftwareVersion: "83.1-61240", BootSeq: 41,
			}}}}},
		{"a bare ampersand", state(group(`Coordinator="RINCON_A"`, `<ZoneGroupMember UUID="RINCON_A" ZoneName="Anna & Bob"/>`)),
			[]sonos.Group{{Coordinator: "RINCON_A", Members: []sonos.Member{{UUID: "RINCON_A", Room: "Anna & Bob"}}}}},
		{"a bridge", state(group(`Coordinator="RINCON_A"`, `<ZoneGroupMember UUID="RINCON_A" ZoneName="BRIDGE" Invisible="1" IsZoneBridge="1"/>`)),
			[]sonos.Group{{Coordinator: "RINCON_A", Members: []sonos.Member{{UUID: "RINCON_A", Room: "BRIDGE", Invisible: true, Bridge: true}}}}},
		{"a pair", state(group(`Coordinator="RINCON_A"`, `<ZoneGroupMember UUID="RINCON_A" ZoneName="Bath"`+pairing+`/>`+
			`<ZoneGroupMember UUID="RINCON_B" ZoneName="Bath" Invisible="1"`+pairing+`/>`)),
			[]sonos.Group{{Coordinator: "RINCON_A", Members: []sonos.Member{
				{UUID: "RINCON_A", Room: "Bath"}, {UUID: "RINCON_B", Room: "Bath", Invisible: true}}}}},
		{"a pair whose second half is not marked", state(group(`Coordinator="RINCON_A"`, `<ZoneGroupMember UUID="RINCON_B" ZoneName="Bath"`+
			pairing+`/><ZoneGroupMember UUID="RINCON_A" ZoneName="Bath"`+pairing+`/>`)),
			[]sonos.Group{{Coordinator: "RINCON_A", Members: []sonos.Member{
				{UUID: "RINCON_A", Room: "Bath"}, {UUID: "RINCON_B", Room: "Bath", Invisible: true}}}}},
		{"a pair whose first half is gone", state(group(`Coordinator="RINCON_B"`, `<ZoneGroupMember UUID="RINCON_B" ZoneName="Bath"`+pairing+`/>`)),
			[]sonos.Group{{Coordinator: "RINCON_B", Members: []sonos.Member{{UUID: "RINCON_B", Room: "Bath"}}}}},
		{"satellites inside their player", state(group(`Coordinator="RINCON_A"`,
			`<ZoneGroupMember UUID="RINCON_A" ZoneName="TV" HTSatChanMapSet="RINCON_A:LF,RF;RINCON_C:LR"><Satellite UUID="RINCON_C" ZoneName="TV"/></ZoneGroupMember>`)),
			[]sonos.Group{{Coordinator: "RINCON_A", Members: []sonos.Member{
				{UUID: "RINCON_A", Room: "TV"}, {UUID: "RINCON_C", Room: "TV", Invisible: true, Satellite: true}}}}},
		{"satellites as members", state(group(`Coordinator="RINCON_A"`,
			`<ZoneGroupMember UUID="RINCON_A" ZoneName="TV" HTSatChanMapSet="RINCON_A:LF,RF;RINCON_C:LR;"/><ZoneGroupMember UUID="RINCON_C" ZoneName="TV"/>`)),
			[]sonos.Group{{Coordinator: "RINCON_A", Members: []sonos.Member{
				{UUID: "RINCON_A", Room: "TV"}, {UUID: "RINCON_C", Room: "TV", Invisible: true, Satellite: true}}}}},
		{"vanished devices and empty groups", `<ZoneGroupState><ZoneGroups>` +
			group(`Coordinator="RINCON_A"`, `<ZoneGroupMember UUID="RINCON_A" ZoneName="Bath"/>`) + group(`Coordinator="RINCON_Z"`, ``) +
			`</ZoneGroups><VanishedDevices><Device UUID="RINCON_Y" ZoneName="Gone" Reason="powered off"/></VanishedDevices></ZoneGroupState>`, alone},
		{"a player in two groups", state(
			group(`Coordinator="RINCON_A"`, `<ZoneGroupMember UUID="RINCON_A" ZoneName="Bath"/>`),
			group(`Coordinator="RINCON_A"`, `<ZoneGroupMember UUID="RINCON_A" ZoneName="Other"/>`)), alone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := sonos.ParseTopology(tt.state)
			must(t, err)
			if !reflect.DeepEqual(got.Groups, tt.want) {
				t.Errorf("want %+v, got %+v", tt.want, got.Groups)
			}
			if !got.Equal(sonos.Topology{Groups: tt.want}) {
				t.Error("want the same to be equal")
			}
		})
	}
}

func TestParseTopologyRefuses(t *testing.T) {
	member := `<ZoneGroupMember UUID="RINCON_%d" ZoneName="x"/>`
	var many strings.Builder
	for i := range 200 {
		fmt.Fprintf(&many, member, i)
	}
	tests := map[string]string{
		"nothing":               "",
		"no XML":                "Internal Server Error",
		"nobody":                state(),
		"a member without id":   state(group(`Coordinator="A"`, `<ZoneGroupMember ZoneName="x"/>`)),
		"an endless id":         state(group(`Coordinator="A"`, `<ZoneGroupMember UUID="`+strings.Repeat("A", 65)+`"/>`)),
		"200 players":           state(group(`Coordinator="RINCON_1"`, many.String())),
		"thousands of elements": state(group(`Coordinator="A"`, strings.Repeat(`<a/>`, 3000))),
		"deep":                  strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100),
		"a megabyte":            state(group(`Coordinator="A"`, `<ZoneGroupMember UUID="A" ZoneName="`+strings.Repeat("x", 1<<20)+`"/>`)),
		"an entity bomb":        `<!DOCTYPE a [<!ENTITY b "x">]><ZoneGroupState>&b;<ZoneGroup></ZoneGroupState>`,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := sonos.ParseTopology(text)
			if !errors.Is(err, sonos.ErrMalformed) || got.Groups != nil {
				t.Errorf("want nothing and ErrMalformed, got %+v, %v", got, err)
			}
		})
	}
}

// household.xml has a pair, a home theatre, a bridge and a group of two rooms.
func sample(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/household.xml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func TestParseTopologyTruncated(t *testing.T) {
	text := sample(t)
	for n := range len(text) {
		if got, err := sonos.ParseTopology(text[:n]); err == nil {
			t.Fatalf("want an error at %d of %d bytes, got %+v", n, len(text), got)
		}
	}
}

func TestRooms(t *testing.T) {
	topology, err := sonos.ParseTopology(sample(t))
	must(t, err)
	want := []sonos.Room{
		{"RINCON_000E5800000101400", "Kitchen", "http://192.0.2.11:1400/xml/device_description.xml", "RINCON_000E5800000301400"},
		{"RINCON_000E5800000301400", "Living Room", "http://192.0.2.13:1400/xml/device_description.xml", "RINCON_000E5800000301400"},
		{"RINCON_000E5800000701400", "Bedroom", "http://192.0.2.17:1400/xml/device_description.xml", "RINCON_000E5800000701400"},
	}
	if got := topology.Rooms(); !reflect.DeepEqual(got, want) {
		t.Errorf("want %+v, got %+v", want, got)
	}
}

func TestRoomWithoutCoordinatorPlaysByItself(t *testing.T) {
	topology, err := sonos.ParseTopology(state(group(`Coordinator="RINCON_GONE"`, `<ZoneGroupMember UUID="RINCON_A" ZoneName="Bath"/>`)))
	must(t, err)
	if got := topology.Rooms(); len(got) != 1 || got[0].Coordinator != "RINCON_A" {
		t.Errorf("want RINCON_A as its own coordinator, got %+v", got)
	}
}

func TestTopologyEqual(t *testing.T) {
	one, err := sonos.ParseTopology(sample(t))
	must(t, err)
	change := func(old, new string) sonos.Topology {
		other, err := sonos.ParseTopology(strings.Replace(sample(t), old, new, 1))
		must(t, err)
		return other
	}
	tests := []struct {
		name  string
		other sonos.Topology
		want  bool
	}{
		{"the same", change("", ""), true},
		{"another id of a group", change(`:1204"`, `:1205"`), true},
		{"another household", sonos.Topology{Household: "Sonos_other", Groups: one.Groups}, false},
		{"a name", change(`ZoneName="Kitchen"`, `ZoneName="Cuisine"`), false},
		{"a coordinator", change(`Coordinator="RINCON_000E5800000301400"`, `Coordinator="RINCON_000E5800000101400"`), false},
		{"a restart", change(`BootSeq="31"`, `BootSeq="32"`), false},
		{"a group less", sonos.Topology{Groups: one.Groups[1:]}, false},
	}
	for _, tt := range tests {
		if got := one.Equal(tt.other); got != tt.want {
			t.Errorf("%s: want equal=%v, got %v", tt.name, tt.want, got)
		}
	}
}

func FuzzParseTopology(f *testing.F) {
	f.Add(sample(f))
	f.Add(state(group(`Coordinator="A"`, `<ZoneGroupMember UUID="A" HTSatChanMapSet="A:LF;B:RF;:;;A"><Satellite UUID="B"/></ZoneGroupMember>`)))
	f.Add(`<ZoneGroupState><ZoneGroup Coordinator=A><ZoneGroupMember UUID=A/>`)
	f.Fuzz(func(t *testing.T, text string) {
		topology, err := sonos.ParseTopology(text)
		if err != nil {
			if !errors.Is(err, sonos.ErrMalformed) {
				t.Errorf("want ErrMalformed, got %v", err)
			}
			return
		}
		seen := make(map[sonos.UUID]bool)
		for _, g := range topology.Groups {
			for _, m := range g.Members {
				if seen[m.UUID] || m.UUID == "" {
					t.Errorf("want each player once, got %q again", m.UUID)
				}
				seen[m.UUID] = true
			}
		}
		if len(seen) == 0 || len(seen) > 128 {
			t.Errorf("want 1 to 128 players, got %d", len(seen))
		}
		for _, room := range topology.Rooms() {
			if !seen[room.Coordinator] {
				t.Errorf("want a coordinator that is there, got %q", room.Coordinator)
			}
		}
		if !topology.Equal(topology) {
			t.Error("want it to equal itself")
		}
	})
}

func TestUUIDOf(t *testing.T) {
	tests := []struct {
		udn  string
		want sonos.UUID
		ok   bool
	}{
		{"uuid:RINCON_B8E93781F3EA01400", "RINCON_B8E93781F3EA01400", true},
		{"uuid:RINCON_B8E93781F3EA01400_MR", "RINCON_B8E93781F3EA01400", true},
		{"uuid:RINCON_B8E93781F3EA01400_MS", "RINCON_B8E93781F3EA01400", true},
		{"uuid:12345678-0000-0000-0000-000000000000", "", false},
		{"RINCON_B8E93781F3EA01400", "", false},
		{"uuid:RINCON_" + strings.Repeat("A", 100), "", false},
		{"", "", false},
	}
	for _, tt := range tests {
		got, ok := sonos.UUIDOf(tt.udn)
		if got != tt.want || ok != tt.ok {
			t.Errorf("%q: want %q, %v, got %q, %v", tt.udn, tt.want, tt.ok, got, ok)
		}
	}
}
