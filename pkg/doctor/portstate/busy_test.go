package portstate

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

func TestBusyLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		reads := 0
		b := NewBusyLog(zerolog.New(&log))
		b.read = func() (*sockets.Table, error) {
			reads++
			at := func(p sockets.Protocol, port uint16, pid int) sockets.Holder {
				return sockets.Holder{Protocol: p, PID: pid, Command: "plex", Local: netip.AddrPortFrom(netip.IPv4Unspecified(), port)}
			}
			return sockets.NewTable(at(sockets.TCP, 7720, 1), at(sockets.TCP, 7721, os.Getpid()), at(sockets.UDP, 7722, 1)), nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		for range 2 {
			for port := range uint16(4) {
				b.Reporter(ports.TCP)(7720 + port) // another's, ours, UDP's alone, nobody's
			}
			b.Reporter(ports.TCP)(7720)
			time.Sleep(time.Minute)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := strings.Count(log.String(), "\n"); got != 1 || !strings.Contains(log.String(), `"port":7720,"holder":"plex (pid 1, uid 0) on 0.0.0.0:7720"`) {
			t.Errorf("want one line with the holder of 7720, got %s", &log)
		}
		if reads != 2 {
			t.Errorf("want the sockets read once for each batch, got %d", reads)
		}
	})
}

func TestBusyLogDropsFlood(t *testing.T) {
	b := NewBusyLog(zerolog.Nop())
	for range 2 * busyDepth {
		b.Reporter(ports.UDP)(1) // must not block, though nobody reads
	}
	if len(b.c) != busyDepth {
		t.Errorf("want %d kept, got %d", busyDepth, len(b.c))
	}
}
