package speaker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

// errRebooted ends the run between two reboots of a speaker.
var errRebooted = errors.New("speaker: rebooted")

// Run serves until ctx ends: it then says goodbye, drops its stream and returns
// nil. It runs once, through any number of reboots.
func (s *Speaker) Run(ctx context.Context) error {
	for {
		err := s.runUntilReboot(ctx)
		if err != nil || ctx.Err() != nil {
			return err
		}
		s.transport.reset()
		s.admission.reset()
	}
}

// Reboot ends the speaker without ssdp:byebye and starts it on another port, with
// nothing loaded and no subscriber.
func (s *Speaker) Reboot() {
	select {
	case s.rebootC <- struct{}{}:
	default: // one is requested already
	}
}

// rebootIfDue reboots once, after as much sound as Quirks.RebootAfter says.
func (s *Speaker) rebootIfDue(position time.Duration) {
	after := s.options.Quirks.RebootAfter
	if after > 0 && position >= after {
		s.rebootOnce.Do(s.Reboot)
	}
}

// runUntilReboot runs the speaker from power on to a reboot, or until ctx ends.
func (s *Speaker) runUntilReboot(ctx context.Context) error {
	listener, err := net.Listen("tcp", netip.AddrPortFrom(s.options.Listen, 0).String())
	if err != nil {
		return fmt.Errorf("speaker: %w", err)
	}
	base := "http://" + listener.Addr().String()
	events := device.NewEventing(s.options.Listen, serverName)
	server, err := s.server(events)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	boots := s.recordStart(base)
	announce := func(context.Context) error { return nil }
	if s.options.SSDPGroup.IsValid() {
		a, err := newAnnouncer(s.options.SSDPGroup, s.options.Listen, s.identity(base, boots))
		if err != nil {
			return errors.Join(fmt.Errorf("speaker: %w", err), listener.Close())
		}
		announce = a.Run
	}
	life, end := context.WithCancelCause(ctx)
	defer end(nil)
	g, running := errgroup.WithContext(life)
	g.Go(func() error { return announce(running) })
	g.Go(func() error { return serve(running, server, listener) })
	g.Go(func() error { return s.player.Run(running) })
	g.Go(func() error { return events.Run(running) })
	g.Go(func() error { return s.awaitReboot(running, end) })
	if boots == 1 {
		close(s.readyC)
	}
	s.options.Log.Info().Str("speaker", s.options.Name).Str("location", s.Location()).Int("boots", boots).Msg("software speaker is up")
	return g.Wait()
}

func (s *Speaker) awaitReboot(ctx context.Context, end context.CancelCauseFunc) error {
	select {
	case <-ctx.Done():
	case <-s.rebootC:
		end(errRebooted)
	}
	return nil
}

// recordStart stores the speaker's new location and counts the starts.
func (s *Speaker) recordStart(base string) (boots int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.location = base + descriptionPath
	s.boots++
	return s.boots
}

// Boots is how often the speaker started, 0 before Ready.
func (s *Speaker) Boots() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.boots
}

func (s *Speaker) identity(base string, boots int) identity {
	id := identity{device: s.options.Quirks.deviceType(), udn: s.options.UDN, boot: boots, location: base + descriptionPath}
	for _, service := range s.services {
		id.services = append(id.services, service.serviceType())
	}
	return id
}
