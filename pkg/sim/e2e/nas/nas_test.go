//go:build linux

package nas_test

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

const (
	imageBytes = 20 << 20 // the most that the image may have
	ssdpPort   = 1900
	mediaType  = "urn:schemas-upnp-org:device:MediaServer:1"
	mdnsPort   = 5353
	searchTime = 3 * time.Second
)

var ssdpGroup = netip.MustParseAddr("239.255.255.250")

// A profile is a way to start the container.
type profile struct {
	name    string
	options []string // of docker-compose
	service string
	addr    string // where the speaker is offered; empty: at the NAS's
}

var (
	plainUp     = profile{name: "plain up", service: "breezeway"} // takes the profile that .env names
	hostProfile = profile{name: "host profile", options: []string{"--profile", "host"}, service: "breezeway"}
	netRaw      = profile{
		name: "NET_RAW", options: []string{"-f", "compose.yaml", "-f", "compose.net-raw.yaml"}, service: "breezeway",
	}
	macvlanProfile = profile{
		name: "macvlan profile", options: []string{"--profile", "macvlan"}, service: "breezeway-macvlan", addr: containerAddr,
	}
)

// A holder has 1900 of the NAS, and shares it with nobody.
type holder struct {
	name  string
	start func(*testLAN, *testing.T)
	held  []netip.Addr // where
	named string       // in the doctor's report
}

var (
	plexLike = holder{
		name: "Plex-like neighbour", start: (*testLAN).startPlexLike,
		held: []netip.Addr{netip.IPv4Unspecified()}, named: "Plex Media Server",
	}
	dockerProxy = holder{
		name: "container that publishes 1900", start: (*testLAN).publish1900,
		held: []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}, named: "docker-proxy",
	}
)

func TestNAS(t *testing.T) {
	s := newTestLAN(t)
	s.buildImages(t)
	t.Run("image", s.checkImage)
	for _, c := range []struct {
		profile profile
		beside  holder
	}{{plainUp, plexLike}, {hostProfile, plexLike}, {macvlanProfile, plexLike}, {hostProfile, dockerProxy}} {
		t.Run(c.profile.name+" beside a "+c.beside.name, func(t *testing.T) {
			c.beside.start(s, t)
			if s.nas.ShareUDP(ssdpPort) == nil {
				t.Fatal("want 1900 shared with nobody, but it could be shared: this test would prove nothing")
			}
			s.checkProfile(t, c.profile, c.beside)
		})
	}
	t.Run("a misspelt variable in .env is named", func(t *testing.T) {
		c := s.up(t, plainUp, "BREEZEWAY_LATENZ=1s")
		c.log.WaitLine(t, "BREEZEWAY_LATENZ.*BREEZEWAY_LATENCY", logWithin)
	})
	t.Run("5353 is held, and NET_RAW helps", s.checkNetRaw)
	t.Run("host and macvlan container talk through the shim", s.checkShim)
	for _, listen := range []string{"off", "auto"} {
		t.Run("minidlna and avahi keep working, BREEZEWAY_SSDP_LISTEN="+listen, func(t *testing.T) {
			s.checkNeighbours(t, listen)
		})
	}
}

func (s *testLAN) buildImages(t *testing.T) {
	t.Helper()
	began := time.Now()
	s.nas.Build(t, s.folder, nil, "docker/build-without-registry.sh", "-t", image)
	t.Logf("the image was built in %v", time.Since(began).Round(time.Second))
	s.nas.Build(t, s.folder, []string{"CONTEXT=docker/plex-like"}, "docker/build-without-registry.sh", "-t", plexLikeImage)
}

func (s *testLAN) checkImage(t *testing.T) {
	size, err := strconv.Atoi(s.nas.Docker(t, "image", "inspect", "--format", "{{.Size}}", image))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the image has %.1f MB", float64(size)/1e6)
	if size > imageBytes {
		t.Errorf("want an image of %d bytes at most, got %d", imageBytes, size)
	}
}

// startPlexLike runs the neighbour of docker/ until the test ends.
func (s *testLAN) startPlexLike(t *testing.T) {
	const file = "docker/plex-like.yaml"
	s.nas.Compose(t, s.folder, "-f", file, "up", "-d")
	t.Cleanup(func() { s.nas.Compose(t, s.folder, "-f", file, "down") })
	s.nas.Container(t, s.folder, "plex-like", "-f", file).FollowLog(t).WaitLine(t, "1900/UDP is held", startWithin)
	s.checkFound(t, s.nas.Addr.String()+":32469")
}

// publish1900 has Docker's own proxy hold the port for a container in a network
// of its own, in which nobody answers.
func (s *testLAN) publish1900(t *testing.T) {
	const name = "publisher"
	s.nas.Docker(t, "network", "create", name)
	t.Cleanup(func() { s.nas.Docker(t, "network", "rm", name) })
	s.nas.Docker(t, "run", "--detach", "--name", name, "--network", name, "--publish", "1900:9/udp", plexLikeImage)
	t.Cleanup(func() { s.nas.Docker(t, "rm", "--force", name) })
}

// checkFound has gssdp-discover on another host look for media servers and
// wants one at that address and port.
func (s *testLAN) checkFound(t *testing.T, at string) {
	t.Helper()
	found := s.watcher.Search(t, mediaType, searchTime)
	if !slices.ContainsFunc(found, func(url string) bool { return strings.HasPrefix(url, "http://"+at+"/") }) {
		t.Errorf("want gssdp-discover to find the media server at %s, it found %q", at, found)
	}
}

func (s *testLAN) checkProfile(t *testing.T, p profile, beside holder) {
	c := s.up(t, p)
	addr, held := s.nas.Addr.String(), beside.held
	if p.addr != "" {
		addr, held = p.addr, []netip.Addr{ssdpGroup} // an address of its own, and so a 1900
	}
	c.waitOffered(t, speakerName, addr)
	s.checkPlays(t)
	c.checkConfined(t)
	lab.Until(t, logWithin, "1900 is held in the container's network as it should be", func() bool {
		return slices.Equal(held, c.HeldUDP(t, ssdpPort))
	})
	if p.addr == "" {
		c.checkDoctor(t, beside.named)
	}
	c.checkHealthy(t)
	c.checkStateKept(t)
	s.checkStops(t, c)
}

// checkNetRaw has another program hold 5353 for itself. With the override for
// NET_RAW the speaker is found and played on all the same, by the same user.
func (s *testLAN) checkNetRaw(t *testing.T) {
	s.nas.HoldUDP(t, mdnsPort)
	c := s.up(t, netRaw)
	c.waitOffered(t, speakerName, s.nas.Addr.String())
	c.checkStatus(t, onlyNetRaw, "0")
	s.checkPlays(t)
	s.checkStops(t, c)
}
