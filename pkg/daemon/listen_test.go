package daemon

import (
	"bytes"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// loopback is where the tests listen.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

func TestListenHTTPTakesTheNext(t *testing.T) {
	var taken net.Listener
	var within settings.PortRange
	for port := uint16(31840); taken == nil || within.First == 0; port++ {
		var err error
		if taken, err = net.Listen("tcp", netip.AddrPortFrom(loopback, port).String()); err != nil {
			continue
		}
		within = settings.PortRange{First: port, Last: port + 9}
	}
	defer func() { _ = taken.Close() }()
	var log bytes.Buffer
	got, err := listenHTTP(loopback, within, zerolog.New(&log))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Close() }()
	if port := got.Addr().(*net.TCPAddr).Port; port <= int(within.First) || port > int(within.Last) {
		t.Errorf("want the next of %v, got %d", within, port)
	}
	if !strings.Contains(log.String(), `"holder":"`) || !strings.Contains(log.String(), "in use by another program") {
		t.Errorf("want a line about the busy port, got %s", &log)
	}
	if _, err := listenHTTP(loopback, settings.PortRange{First: within.First, Last: within.First}, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "BREEZEWAY_HTTP_PORT") {
		t.Errorf("want an error that names the variable, got %v", err)
	}
}
