package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// loopback is where a stage stands: nothing leaves this machine, and its
// searches and announcements use ports of their own, so no program notices.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// stageTimeout bounds every wait for something that takes no time.
const stageTimeout = 10 * time.Second

// A stage is the real bridge between simulated speakers, on loopback: for the
// demo and for the tests of the whole.
type stage struct {
	daemon   *daemon
	speakers []*speaker.Speaker
	site     site
}

// newStage makes the bridge, and the speakers on a multicast group of theirs.
func newStage(c *config.Config, speakers []speaker.Options, log zerolog.Logger) (*stage, error) {
	mdnsPort, err := freeUDPPort()
	if err != nil {
		return nil, err
	}
	ssdpPort, err := freeUDPPort()
	if err != nil {
		return nil, err
	}
	where := site{
		interfaces: []string{"127.0.0.1/8"},
		listen:     loopback,
		mdnsPort:   mdnsPort,
		ssdpGroup:  netip.AddrPortFrom(ssdp.Group.Addr(), ssdpPort),
	}
	d, err := newDaemon(c, where, log)
	if err != nil {
		return nil, err
	}
	s := &stage{daemon: d, site: where}
	for _, o := range speakers {
		one, err := s.newSpeaker(o)
		if err != nil {
			return nil, errors.Join(err, d.listener.Close())
		}
		s.speakers = append(s.speakers, one)
	}
	return s, nil
}

// newSpeaker makes a speaker that the stage's bridge finds once it runs.
func (s *stage) newSpeaker(o speaker.Options) (*speaker.Speaker, error) {
	o.Listen, o.SSDPGroup = loopback, s.site.ssdpGroup
	return speaker.New(o)
}

// stageConfig is the default configuration on ports that nobody uses.
func stageConfig(environ ...string) (*config.Config, error) {
	c, _, err := config.Load(append([]string{
		"BREEZEWAY_HTTP_PORT=0", "BREEZEWAY_RTSP_PORTS=0", "BREEZEWAY_UDP_PORTS=0", "BREEZEWAY_SSDP_PORTS=0",
	}, environ...))
	return c, err
}

// freeUDPPort is a random port that is free now. It is not one that the
// kernel hands out by itself, or somebody might get it before it is bound.
func freeUDPPort() (uint16, error) {
	for range 100 {
		port := 20000 + rand.IntN(10000)
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: loopback.AsSlice(), Port: port})
		if err == nil {
			return uint16(port), conn.Close()
		}
	}
	return 0, errors.New("no free UDP port between 20000 and 29999")
}

// Run plays the stage until ctx ends. The speakers outlive the bridge, which
// stops them as it ends.
func (s *stage) Run(ctx context.Context) error {
	speakersCtx, stopSpeakers := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSpeakers()
	group, ctx := errgroup.WithContext(ctx)
	for _, one := range s.speakers {
		group.Go(func() error { return one.Run(speakersCtx) })
	}
	group.Go(func() error {
		defer stopSpeakers()
		return s.daemon.Run(ctx)
	})
	return group.Wait()
}

// find waits until the bridge offers the speaker of that name.
func (s *stage) find(ctx context.Context, name string) (bridge.Speaker, error) {
	var found bridge.Speaker
	err := poll(ctx, stageTimeout, func() bool {
		speakers := s.daemon.manager.Snapshot().Speakers
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

// poll waits until done reports true.
func poll(ctx context.Context, timeout time.Duration, done func() bool) error {
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

// rtspAddr is where a speaker on a stage takes senders.
func rtspAddr(sp bridge.Speaker) netip.AddrPort { return netip.AddrPortFrom(loopback, sp.Port) }
