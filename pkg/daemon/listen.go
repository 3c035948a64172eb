package daemon

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/doctor/portstate"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

// listenHTTP takes the first free port of the range.
func listenHTTP(addr netip.Addr, within config.PortRange, log zerolog.Logger) (net.Listener, error) {
	host := ""
	if addr.IsValid() {
		host = addr.String()
	}
	for port := int(within.First); port <= int(within.Last); port++ {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(port)))
		switch {
		case err == nil:
			log.Info().Stringer("address", listener.Addr()).Msg("status page, streams and speakers' events are served on this HTTP port")
			return listener, nil
		case !errors.Is(err, syscall.EADDRINUSE):
			return nil, fmt.Errorf("listen for HTTP: %w", err)
		}
		log.Warn().Int("port", port).Str("holder", portstate.Holder(ports.TCP, uint16(port))).
			Msg("HTTP port is in use by another program: the next of the range is taken")
	}
	return nil, fmt.Errorf("listen for HTTP: ports %v are all in use: set BREEZEWAY_HTTP_PORT to a free port or a larger range", within)
}

func portOf(listener net.Listener) uint16 {
	return listener.Addr().(*net.TCPAddr).AddrPort().Port()
}

// baseURL is our HTTP port as peer reaches it, without a path.
func (d *Daemon) baseURL(peer netip.Addr) (string, error) { return baseURL(d.HTTPPort(), peer) }

func baseURL(port uint16, peer netip.Addr) (string, error) {
	source, err := netif.SourceFor(peer)
	if err != nil {
		return "", err
	}
	return "http://" + netip.AddrPortFrom(source.Unmap(), port).String(), nil
}

// newClient makes the client that talks to the devices on the networks of the
// interfaces.
func newClient(version string, watcher *netif.Watcher) *upnp.Client {
	onLink := func(addr netip.Addr) bool {
		return slices.ContainsFunc(watcher.Current(), func(i netif.Interface) bool { return i.OnLink(addr) })
	}
	return upnp.NewClient(upnp.Options{UserAgent: userAgent(version), OnLink: onLink})
}

// userAgent has the form of UDA 1.1 section 2.1.
func userAgent(version string) string {
	return runtime.GOOS + "/1.0 UPnP/1.1 Breezeway/" + version
}

// hostLabel is the host's name for mDNS: its first label, marked as ours since
// the host's own responder may answer for the bare name.
func hostLabel() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "host"
	}
	label, _, _ := strings.Cut(name, ".")
	return "breezeway-" + label
}
