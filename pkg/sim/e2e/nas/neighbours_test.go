//go:build linux

package nas_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

const (
	sharedType  = "_http._tcp"
	mediaName   = "Films of the NAS"
	sharedName  = "Files of the NAS"
	seenWithin  = 10 * time.Second
	publishedUp = "Established under name"
)

// checkNeighbours starts minidlna and avahi on the NAS, one of them before and
// again after the container, and has their own clients on another host judge.
func (s *testLAN) checkNeighbours(t *testing.T, listen string) {
	s.nas.StartAvahi(t)
	s.nas.Start(t, lab.Program{Name: "avahi-publish", Args: []string{"avahi-publish", "-s", sharedName, sharedType, "80"}}).
		WaitLine(t, publishedUp, startWithin)
	first := s.nas.StartMediaServer(t, mediaName)

	c := s.up(t, hostProfile, "BREEZEWAY_SSDP_LISTEN="+listen)
	c.waitOffered(t, speakerName, s.nas.Addr.String())
	s.checkBeside(t)

	c.checkDoctor(t, "MiniDLNA")
	first.Stop()
	s.nas.StartMediaServer(t, mediaName) // after us, now
	s.checkBeside(t)
	s.checkStops(t, c)
	s.checkBeside(t)
}

// checkBeside wants the media server found by multicast, and avahi's service
// resolved, from another host.
func (s *testLAN) checkBeside(t *testing.T) {
	t.Helper()
	s.checkFound(t, fmt.Sprintf("%s:%d", s.nas.Addr, lab.MediaServerPort))
	s.sender.Browse(t, sharedType).Wait(t, seenWithin, "avahi's service is resolved", func(service lab.Service) bool {
		return service.Change == '=' && strings.HasPrefix(service.Instance, sharedName) && service.Addr == s.nas.Addr
	})
}
