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
	startWithin   = 10 * time.Second
	offeredWithin = 10 * time.Second
	logWithin     = 10 * time.Second
	playLength    = 8 * time.Second
	playedWithin  = 10 * time.Second
	// healthyWithin is the interval of HEALTHCHECK, as build-without-registry.sh sets
	// it, and a little.
	healthyWithin = 5 * time.Second
	// stopWithin is asked for from docker stop to the end.
	stopWithin    = 5 * time.Second
	goodbyeWithin = 2 * time.Second
	doctorWithin  = 60 * time.Second
	// maxPlays is how often a play is tried whose faults say nothing.
	maxPlays = 3
	// standstill of the machine may make a sender later than the buffer covers.
	standstill = 200 * time.Millisecond
)

// A container is the program on the NAS.
type container struct {
	*lab.Container
	log     *lab.Process
	browser *lab.Browser // on the sender's host, since before the start
}

// up starts the container. It is taken down when the test ends.
func (s *testLAN) up(t *testing.T, p profile, settings ...string) *container {
	t.Helper()
	c := &container{browser: s.sender.Browse(t, serviceType)}
	c.browser.WaitNone(t, logWithin) // of what the last container announced
	fillEnv(t, s.folder, settings...)
	s.nas.Compose(t, s.folder, append(p.options, "up", "-d")...)
	t.Cleanup(func() { s.nas.Compose(t, s.folder, append(p.options, "down")...) })
	c.Container = s.nas.Container(t, s.folder, p.service, p.options...)
	c.log = c.FollowLog(t)
	return c
}

// waitOffered waits until a speaker is offered at the address, by avahi's
// judgement.
func (c *container) waitOffered(t *testing.T, name, addr string) {
	t.Helper()
	c.browser.Wait(t, offeredWithin, name+" is offered at "+addr, func(service lab.Service) bool {
		return service.Change == '=' && strings.HasSuffix(service.Instance, "@"+name) && service.Addr.String() == addr
	})
}

// checkPlays plays a tone from end to end. A play that failed while the machine
// stood still, or by the sender's own fault, says nothing and is repeated.
func (s *testLAN) checkPlays(t *testing.T) {
	t.Helper()
	report, void := s.play(t)
	for try := 2; try <= maxPlays && !report.Exact() && void != ""; try++ {
		t.Logf("played again, because %s: %v", void, report)
		report, void = s.play(t)
	}
	if !report.Exact() {
		t.Errorf("want the sound as it was sent, got %v", report)
	}
	t.Logf("played: %v", report)
}

// play has a new sender discover the speaker and play to it. A failure says
// nothing of the program when void tells another cause.
func (s *testLAN) play(t *testing.T) (report lab.Report, void string) {
	t.Helper()
	s.stalls.Longest()
	s.seed++
	tone := lab.Tone(playLength, s.seed)
	sender := s.sender.StartSender(t)
	defer sender.Stop()
	sender.Discover(t, offeredWithin).Play(t, tone).Wait(t, playLength+30*time.Second)
	report = s.speaker.WaitPlayed(t, tone, playedWithin)
	switch pause := s.stalls.Longest(); {
	case sender.Aborted():
		void = "PulseAudio aborted by a fault of its own"
	case pause >= standstill:
		void = fmt.Sprintf("the machine stood still for %v", pause)
	}
	return report, void
}

// checkDoctor wants the program that has 1900 named.
func (c *container) checkDoctor(t *testing.T, named string) {
	t.Helper()
	p := c.Exec(t, "/breezeway", "doctor")
	p.Wait(t, doctorWithin) // its exit code tells of more than this
	if report := strings.Join(p.Lines(), "\n"); !strings.Contains(report, named) {
		t.Errorf("want the doctor to name %s, got:\n%s", named, report)
	}
}

// checkConfined judges what the process may do, by the kernel's word.
func (c *container) checkConfined(t *testing.T) {
	t.Helper()
	c.checkStatus(t, noCapability, "1")
}

// What CapEff, CapPrm and CapBnd of /proc/PID/status say.
const (
	noCapability = "0000000000000000"
	onlyNetRaw   = "0000000000002000" // capability 13
)

// checkStatus wants these capabilities, and no_new_privs as given.
func (c *container) checkStatus(t *testing.T, capabilities, noNewPrivileges string) {
	t.Helper()
	for _, is := range []struct{ what, want, got string }{
		{"Uid", "65532 65532 65532 65532", c.Status(t, "Uid")},
		{"Gid", "65532 65532 65532 65532", c.Status(t, "Gid")},
		{"CapEff", capabilities, c.Status(t, "CapEff")},
		{"CapPrm", capabilities, c.Status(t, "CapPrm")},
		{"CapBnd", capabilities, c.Status(t, "CapBnd")},
		{"NoNewPrivs", noNewPrivileges, c.Status(t, "NoNewPrivs")},
		{"read only root", "true", c.Inspect(t, "{{.HostConfig.ReadonlyRootfs}}")},
		{"mounts", "/state", c.Inspect(t, "{{range .Mounts}}{{.Destination}}{{end}}")},
	} {
		if is.want != is.got {
			t.Errorf("%s: want %s, got %s", is.what, is.want, is.got)
		}
	}
}

// checkStateKept wants the volume of /state written by the image's own user.
func (c *container) checkStateKept(t *testing.T) {
	t.Helper()
	if log := strings.Join(c.log.Lines(), "\n"); strings.Contains(log, "state-not-kept") {
		t.Errorf("want /state written by the image's user, got:\n%s", log)
	}
}

func (c *container) checkHealthy(t *testing.T) {
	t.Helper()
	lab.Until(t, healthyWithin, "the container is healthy", func() bool {
		return c.Inspect(t, "{{.State.Health.Status}}") == "healthy"
	})
}

// checkStops wants a quick end, with a goodbye on the network.
func (s *testLAN) checkStops(t *testing.T, c *container) {
	t.Helper()
	code, took := c.Stop(t)
	t.Logf("docker stop took %v", took.Round(time.Millisecond))
	if code != 0 || took > stopWithin {
		t.Errorf("want exit code 0 within %v of docker stop, got %d after %v", stopWithin, code, took)
	}
	c.browser.Wait(t, goodbyeWithin, "avahi sees the goodbye", func(service lab.Service) bool {
		return service.Change == '-' && strings.HasSuffix(service.Instance, "@"+speakerName)
	})
}
