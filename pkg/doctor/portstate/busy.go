package portstate

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

const (
	// busyBatch is how long busy ports are collected before the host's sockets are
	// read, once for all of them: a session tries several ports in quick succession.
	busyBatch = time.Second
	// busyDepth bounds the ports that wait for that. Further ones are dropped, and
	// reported when they are busy the next time.
	busyDepth = 256
)

// A busyPort is one of our ports that was in use when we tried it.
type busyPort struct {
	protocol ports.Protocol
	port     uint16
}

// A BusyLog logs, once for each of our ports, that another program holds it. Ports
// that are in use by another speaker of ours are not logged: the speakers share a
// range.
type BusyLog struct {
	log  zerolog.Logger
	read func() (*sockets.Table, error)
	c    chan busyPort
}

// NewBusyLog makes a BusyLog; nothing runs yet.
func NewBusyLog(log zerolog.Logger) *BusyLog {
	return &BusyLog{log: log, read: sockets.Read, c: make(chan busyPort, busyDepth)}
}

// Reporter returns a function to call with each busy port of a protocol. It does
// not block.
func (b *BusyLog) Reporter(p ports.Protocol) func(port uint16) {
	return func(port uint16) {
		select {
		case b.c <- busyPort{p, port}:
		default: // Dropped, see busyDepth
		}
	}
}

// Run logs until ctx ends.
func (b *BusyLog) Run(ctx context.Context) error {
	logged := make(map[busyPort]bool)
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
		case <-time.After(busyBatch):
		}
		for len(b.c) > 0 {
			batch = append(batch, <-b.c)
		}
		b.write(batch, logged)
	}
}

func (b *BusyLog) write(batch []busyPort, logged map[busyPort]bool) {
	table, err := b.read()
	if err != nil {
		return // the doctor reports the reason
	}
	for _, p := range batch {
		_, others := splitOurs(table.On(SocketProtocol(p.protocol), p.port))
		if len(others) == 0 || logged[p] {
			continue
		}
		logged[p] = true
		b.log.Warn().Stringer("protocol", p.protocol).Uint16("port", p.port).Str("holder", names(others)).
			Msg("port is in use by another program: using the next one in the range")
	}
}
