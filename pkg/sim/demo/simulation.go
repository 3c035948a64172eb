package demo

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/daemon"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/sim/sharedport"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// Loopback is the address that a simulation uses: nothing leaves this machine. Its
// searches and announcements use ports of their own, so that they reach no other
// program.
var Loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// findTimeout bounds the wait until the bridge finds a speaker: on loopback some
// milliseconds.
const findTimeout = 10 * time.Second

// Options of a Simulation.
type Options struct {
	Speakers []speaker.Options
	Doctor   bool // the doctor runs in the background; it looks at the real network
	Log      zerolog.Logger
}

// A Simulation is the real daemon with simulated speakers, on loopback: for the demo
// and for the end-to-end tests.
type Simulation struct {
	Daemon    *daemon.Daemon
	Speakers  []*speaker.Speaker // in the order of the options
	MDNSPort  uint16             // instead of 5353
	SSDPGroup netip.AddrPort     // instead of 239.255.255.250:1900

	ports []*sharedport.Port // of MDNSPort and SSDPGroup, held until Run returns
}

// NewSimulation makes the daemon, and the speakers in a multicast group that no
// other program uses. Run must be called: it starts them, and lets their ports go.
func NewSimulation(c *config.Config, o Options) (*Simulation, error) {
	mdnsPort, err := sharedport.Hold()
	if err != nil {
		return nil, err
	}
	ssdpPort, err := sharedport.Hold()
	if err != nil {
		mdnsPort.Close()
		return nil, err
	}
	s := &Simulation{
		MDNSPort:  mdnsPort.Number(),
		SSDPGroup: netip.AddrPortFrom(ssdp.Group.Addr(), ssdpPort.Number()),
		ports:     []*sharedport.Port{mdnsPort, ssdpPort},
	}
	s.Daemon, err = daemon.New(c, daemon.Options{
		Version: "dev",
		Build:   "dev",
		Network: daemon.Network{
			Interfaces: []string{"127.0.0.1/8"},
			Listen:     Loopback,
			MDNSPort:   s.MDNSPort,
			SSDPGroup:  s.SSDPGroup,
		},
		Doctor: o.Doctor,
		Log:    o.Log,
	})
	if err != nil {
		s.releasePorts()
		return nil, err
	}
	for _, options := range o.Speakers {
		one, err := s.NewSpeaker(options)
		if err != nil {
			s.releasePorts()
			return nil, errors.Join(err, s.Daemon.Close())
		}
		s.Speakers = append(s.Speakers, one)
	}
	return s, nil
}

// NewSpeaker makes one more speaker that the daemon finds once the speaker runs;
// the caller runs it.
func (s *Simulation) NewSpeaker(o speaker.Options) (*speaker.Speaker, error) {
	o.Listen, o.SSDPGroup = Loopback, s.SSDPGroup
	return speaker.New(o)
}

// Config is the default configuration on ports that nobody uses.
func Config(environ ...string) (*config.Config, error) {
	c, _, err := config.Load(append([]string{
		"BREEZEWAY_HTTP_PORT=0", "BREEZEWAY_RTSP_PORTS=0", "BREEZEWAY_UDP_PORTS=0", "BREEZEWAY_SSDP_PORTS=0",
	}, environ...))
	return c, err
}

// Run runs the daemon and the speakers until ctx ends. The speakers outlive the
// daemon, which stops them as it ends.
func (s *Simulation) Run(ctx context.Context) error {
	defer s.releasePorts()
	speakersCtx, stopSpeakers := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSpeakers()
	group, ctx := errgroup.WithContext(ctx)
	for _, one := range s.Speakers {
		group.Go(func() error { return one.Run(speakersCtx) })
	}
	group.Go(func() error {
		defer stopSpeakers()
		return s.Daemon.Run(ctx)
	})
	return group.Wait()
}

func (s *Simulation) releasePorts() {
	for _, p := range s.ports {
		p.Close()
	}
}

// Find waits until the bridge offers the speaker of that name.
func (s *Simulation) Find(ctx context.Context, name string) (bridge.Speaker, error) {
	var found bridge.Speaker
	err := Poll(ctx, findTimeout, func() bool {
		speakers := s.Daemon.Snapshot().Speakers
		i := slices.IndexFunc(speakers, func(sp bridge.Speaker) bool { return sp.Name == name })
		if i >= 0 {
			found = speakers[i]
		}
		return i >= 0
	})
	if err != nil {
		return bridge.Speaker{}, fmt.Errorf("the bridge did not find the speaker %q: %w", name, err)
	}
	return found, nil
}

// Poll waits until done reports true.
func Poll(ctx context.Context, timeout time.Duration, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
	return nil
}

// RTSPAddr is where a speaker of a simulation takes senders.
func RTSPAddr(sp bridge.Speaker) netip.AddrPort { return netip.AddrPortFrom(Loopback, sp.Port) }
