package sonos_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/loopback"
	"github.com/breezeway-audio/breezeway/pkg/sim/sonos"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

const keepFrames = 1 << 20 // frames: more than any test plays

func rooms(names ...string) []sonos.PlayerOptions {
	var players []sonos.PlayerOptions
	for _, name := range names {
		players = append(players, sonos.PlayerOptions{Room: name, Volume: 20})
	}
	return players
}

// isGapless reports whether samples are those of radio, without a gap.
func isGapless(samples []int16) bool {
	for i, s := range samples {
		if i > 0 && s != samples[i-1]+1 {
			return false
		}
	}
	return true
}

// waitMoreSound waits until more is heard of p.
func waitMoreSound(t *testing.T, p *sonos.Player) {
	t.Helper()
	before := len(p.Samples())
	eventually(t, "sound from "+p.Room(), func() bool { return len(p.Samples()) > before })
}

func TestCoordinatorIsHeardInAllRooms(t *testing.T) {
	players := append(rooms("A", "B", "C", "D"), sonos.PlayerOptions{Room: "TV", Satellites: 2})
	h := start(t, sonos.Options{Players: players, KeepFrames: keepFrames})
	a, b, c, d, tv := h.Player("A"), h.Player("B"), h.Player("C"), h.Player("D"), h.Player("TV")
	play(t, a, radio(t))
	waitMoreSound(t, a)
	must(t, h.Group(t.Context(), a, b, tv))
	must(t, h.Pair(t.Context(), c, d))
	must(t, h.Group(t.Context(), a, c))
	for _, p := range h.Players() {
		waitMoreSound(t, p)
	}
	must(t, h.Ungroup(t.Context(), b))
	silent := len(b.Samples())
	waitMoreSound(t, a)
	if got := len(b.Samples()); got != silent {
		t.Errorf("want B silent outside of the group, got %d more samples", got-silent)
	}
	for _, p := range h.Players() {
		if !isGapless(p.Samples()) {
			t.Errorf("%s: want the stream without a gap", p.Room())
		}
	}
}

func TestOthersPlayOnWhenTheCoordinatorLeaves(t *testing.T) {
	h := start(t, sonos.Options{Players: rooms("A", "B", "C"), KeepFrames: keepFrames})
	a, b, c := h.Player("A"), h.Player("B"), h.Player("C")
	must(t, h.Group(t.Context(), a, b, c))
	play(t, a, radio(t))
	waitMoreSound(t, c)
	must(t, h.Ungroup(t.Context(), a))
	waitMoreSound(t, b)
	waitMoreSound(t, c)
	if a.State() != speaker.Stopped || b.State() == speaker.Stopped {
		t.Errorf("want A stopped and B playing, got %v and %v", a.State(), b.State())
	}
}

func TestStreamOfItsOwnPullsAMemberOut(t *testing.T) {
	h := start(t, sonos.Options{Players: rooms("A", "B"), KeepFrames: keepFrames})
	a, b := h.Player("A"), h.Player("B")
	play(t, b, radio(t))
	must(t, h.Group(t.Context(), a, b))
	if b.State() != speaker.Stopped {
		t.Errorf("want B's own stream to end in a group, got %v", b.State())
	}
	heard := len(a.Samples())
	play(t, b, radio(t))
	waitMoreSound(t, b)
	if got := len(a.Samples()); got != heard {
		t.Errorf("want A silent, got %d samples", got-heard)
	}
}

func TestMembersDoNotObey(t *testing.T) {
	h := start(t, sonos.Options{Players: append(rooms("A", "B", "C"), sonos.PlayerOptions{Room: "TV", Satellites: 1})})
	a, b, c := h.Player("A"), h.Player("B"), h.Player("C")
	must(t, h.Group(t.Context(), a, b))
	must(t, h.Pair(t.Context(), a, c))
	satellite := h.Players()[len(h.Players())-1]
	uri := struct{ InstanceID, CurrentURI, CurrentURIMetaData string }{InstanceID: "0", CurrentURI: "http://127.0.0.1:9/"}
	tests := []struct {
		name    string
		player  *sonos.Player
		service string
		action  string
		in      any
		want    int
	}{
		{"Play of a member", b, "AVTransport", "Play", struct{ InstanceID, Speed string }{"0", "1"}, 800},
		{"Stop of a member", b, "AVTransport", "Stop", instance, 800},
		{"URI for the second half of a pair", c, "AVTransport", "SetAVTransportURI", uri, 800},
		{"URI for a satellite", satellite, "AVTransport", "SetAVTransportURI", uri, 800},
		{"volume of another's group", b, "GroupRenderingControl", "GetGroupVolume", instance, 701},
		{"an action that is none", a, "GroupRenderingControl", "Dance", instance, 401},
		{"another instance", a, "GroupRenderingControl", "GetGroupVolume", instanceIn{"1"}, 402},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, svc := service(t, tt.player, tt.service)
			var fault *upnp.Fault
			if err := client.Call(t.Context(), svc, tt.action, tt.in, nil); !errors.As(err, &fault) || fault.Code != tt.want {
				t.Errorf("want %d, got %v", tt.want, err)
			}
		})
	}
}

func TestReadsOfAMemberAreItsOwn(t *testing.T) {
	h := start(t, sonos.Options{Players: rooms("A", "B")})
	must(t, h.Group(t.Context(), h.Player("A"), h.Player("B")))
	client, svc := service(t, h.Player("B"), "AVTransport")
	var media struct{ CurrentURI string }
	must(t, client.Call(t.Context(), svc, "GetMediaInfo", instance, &media))
	var position struct{ TrackURI string }
	must(t, client.Call(t.Context(), svc, "GetPositionInfo", instance, &position))
	if want := "x-rincon:" + h.Player("A").UUID(); media.CurrentURI != want || position.TrackURI != want {
		t.Errorf("want %s, got %s and %s", want, media.CurrentURI, position.TrackURI)
	}
}

func TestRelativeGroupVolume(t *testing.T) {
	h := start(t, sonos.Options{Players: rooms("A", "B")})
	a, b := h.Player("A"), h.Player("B")
	b.SetVolume(40)
	must(t, h.Group(t.Context(), a, b))
	client, svc := service(t, a, "GroupRenderingControl")
	must(t, client.Call(t.Context(), svc, "SnapshotGroupVolume", instance, nil))
	var out struct{ NewVolume string }
	in := struct{ InstanceID, Adjustment string }{"0", "-15"}
	must(t, client.Call(t.Context(), svc, "SetRelativeGroupVolume", in, &out))
	volumeA, _ := a.Volume()
	volumeB, _ := b.Volume()
	if out.NewVolume != "15" || volumeA != 10 || volumeB != 20 {
		t.Errorf("want 15 of 10 and 20, got %s of %d and %d", out.NewVolume, volumeA, volumeB)
	}
}

func TestPausingRadioIsRefused(t *testing.T) {
	h := start(t, sonos.Options{Players: rooms("A")})
	play(t, h.Player("A"), strings.Replace(radio(t), "http:", "x-rincon-mp3radio:", 1))
	client, svc := service(t, h.Player("A"), "AVTransport")
	var fault *upnp.Fault
	if err := client.Call(t.Context(), svc, "Pause", instance, nil); !errors.As(err, &fault) || fault.Code != 701 {
		t.Errorf("want 701, got %v", err)
	}
}

func TestPairNeedsTwoFreePlayers(t *testing.T) {
	h := start(t, sonos.Options{Players: rooms("A", "B", "C")})
	a, b, c := h.Player("A"), h.Player("B"), h.Player("C")
	must(t, h.Pair(t.Context(), a, b))
	if h.Pair(t.Context(), b, c) == nil || h.Pair(t.Context(), a, c) == nil {
		t.Error("want the halves of a pair refused")
	}
	if h.Separate(t.Context(), c) == nil {
		t.Error("want no pair separated that is none")
	}
}

func TestTooManySatellites(t *testing.T) {
	if _, err := sonos.New(sonos.Options{Players: []sonos.PlayerOptions{{Room: "TV", Satellites: 4}}}); err == nil {
		t.Error("want 4 satellites refused")
	}
}

// search sends an M-SEARCH to group from loopback, and gives the answers that
// come until there are enough.
func search(t *testing.T, group netip.AddrPort, target string, enough int) []ssdp.Answer {
	t.Helper()
	ifi, err := netif.ByAddr(loopbackAddr)
	must(t, err)
	conn, err := multicast.Dial(t.Context(), netip.AddrPortFrom(loopbackAddr, 0), ifi.Index, 1)
	must(t, err)
	defer conn.Close()
	text := "M-SEARCH * HTTP/1.1\r\nHOST: " + group.String() + "\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: " + target + "\r\n\r\n"
	_, err = conn.WriteToUDPAddrPort([]byte(text), group)
	must(t, err)
	must(t, conn.SetReadDeadline(time.Now().Add(waitTimeout)))
	var answers []ssdp.Answer
	for buf := make([]byte, 2048); len(answers) < enough; {
		n, err := conn.Read(buf)
		must(t, err)
		answer, err := ssdp.ParseAnswer(buf[:n])
		must(t, err)
		answers = append(answers, answer)
	}
	return answers
}

func TestSearchIsAnswered(t *testing.T) {
	port, _ := loopback.SharedPort(t)
	group := netip.AddrPortFrom(netip.MustParseAddr("239.255.255.250"), port)
	h := start(t, sonos.Options{
		Players:   append(rooms("A"), sonos.PlayerOptions{Room: "BRIDGE", Bridge: true}),
		SSDPGroup: group,
	})
	tests := []struct {
		target string
		enough int
		udn    string // of the first answer of A
	}{
		{"urn:schemas-upnp-org:device:ZonePlayer:1", 2, "uuid:" + h.Player("A").UUID()},
		{"urn:schemas-upnp-org:device:MediaRenderer:1", 1, "uuid:" + h.Player("A").UUID() + "_MR"},
		{"ssdp:all", 5, ""},
	}
	for _, tt := range tests {
		found := false
		for _, answer := range search(t, group, tt.target, tt.enough) {
			if answer.Household != "Sonos_test" || answer.BootID != 7 {
				t.Errorf("%s: want Sonos' headers, got %+v", tt.target, answer)
			}
			found = found || answer.UDN == tt.udn && answer.Location == h.Player("A").Location()
		}
		if !found && tt.udn != "" {
			t.Errorf("%s: want an answer from %s", tt.target, tt.udn)
		}
	}
}
