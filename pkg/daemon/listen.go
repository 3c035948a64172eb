package daemon

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/doctor/portstate"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/ports"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// listenHTTP listens on the first free port of the range.
func listenHTTP(addr netip.Addr, within settings.PortRange, log zerolog.Logger) (net.Listener, error) {
	host := ""
	if addr.IsValid() {
		host = addr.String()
	}
	busy := func(port uint16) {
		log.Warn().Uint16("port", port).Str("holder", portstate.Holder(ports.TCP, port)).
			Msg("HTTP port is in use by another program: using the next one in the range")
	}
	var listener net.Listener
	err := within.FirstFree(0, busy, func(port uint16) (err error) {
		listener, err = net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(port)))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listen for HTTP (BREEZEWAY_HTTP_PORT): %w", err)
	}
	log.Info().Stringer("address", listener.Addr()).Msg("status page, streams and speakers' events are served on this HTTP port")
	return listener, nil
}

func portOf(listener net.Listener) uint16 {
	return listener.Addr().(*net.TCPAddr).AddrPort().Port()
}

// baseURL is the URL at which peer reaches our HTTP port, without a path.
func (d *Daemon) baseURL(peer netip.Addr) (string, error) { return baseURL(d.HTTPPort(), peer) }

func baseURL(port uint16, peer netip.Addr) (string, error) {
	source, err := netif.SourceFor(peer)
	if err != nil {
		return "", err
	}
	return "http://" + netip.AddrPortFrom(source.Unmap(), port).String(), nil
}

// newClient makes the client for the devices on the networks of the interfaces.
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

// hostLabel is the host's name for mDNS: its first label with a mark of ours, since
// the host's own responder may answer for the plain name.
func hostLabel() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "host"
	}
	label, _, _ := strings.Cut(name, ".")
	return "breezeway-" + label
}
