package main

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

const (
	// gatherBusy is how long busy ports are gathered before the host's sockets
	// are read: a session tries several within a moment.
	gatherBusy = time.Second
	// busyDepth bounds the ports that wait; more are told the next time.
	busyDepth = 256
)

// A busyPort is one of our ports that was in use when it was tried.
type busyPort struct {
	protocol ports.Protocol
	port     uint16
}

// busyPorts says once of each port of ours that another program has it. That
// speakers find each other's ports in use is how they share a range.
type busyPorts struct {
	log  zerolog.Logger
	read func() (*sockets.Table, error)
	c    chan busyPort
}

func newBusyPorts(log zerolog.Logger) *busyPorts {
	return &busyPorts{log: log, read: sockets.Read, c: make(chan busyPort, busyDepth)}
}

// told takes busy ports of a protocol. It does not block.
func (b *busyPorts) told(p ports.Protocol) func(port uint16) {
	return func(port uint16) {
		select {
		case b.c <- busyPort{p, port}:
		default: // as busyDepth says
		}
	}
}

// Run names holders until ctx ends.
func (b *busyPorts) Run(ctx context.Context) error {
	said := make(map[busyPort]bool)
	for {
		var batch []busyPort
		select {
		case <-ctx.Done():
			return nil
		case p := <-b.c:
			batch = append(batch, p)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(gatherBusy):
		}
		for len(b.c) > 0 {
			batch = append(batch, <-b.c)
		}
		b.say(batch, said)
	}
}

func (b *busyPorts) say(batch []busyPort, said map[busyPort]bool) {
	table, err := b.read()
	if err != nil {
		return // the doctor says why
	}
	for _, p := range batch {
		_, others := parted(table.On(socketProtocol[p.protocol], p.port))
		if len(others) == 0 || said[p] {
			continue
		}
		said[p] = true
		b.log.Warn().Stringer("protocol", p.protocol).Uint16("port", p.port).Str("holder", named(others)).
			Msg("port is in use by another program: the next of the range is taken")
	}
}
