package upnp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
)

// ErrRefused marks a request that the guard did not send.
var ErrRefused = errors.New("refused")

const maxURLBytes = 2048

// Cloud metadata services: they are never devices, and they serve secrets.
var metadataAddrs = [...]netip.Addr{
	netip.MustParseAddr("169.254.169.254"),
	netip.MustParseAddr("fd00:ec2::254"),
}

var broadcastAddr = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// dialTargetKey is the context key for the only address that a request may dial.
type dialTargetKey struct{}

// A guard sends all requests of this package: it checks the URL, and pins the address
// to which the dialer may connect.
type guard struct {
	next      http.RoundTripper
	userAgent string
	stats     *counters
}

func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	g.stats.requests.Add(1)
	target, err := targetOf(req.URL)
	if err != nil {
		g.stats.refused.Add(1)
		return nil, err
	}
	out := req.Clone(context.WithValue(req.Context(), dialTargetKey{}, target))
	out.Header.Set("User-Agent", g.userAgent)
	resp, err := g.next.RoundTrip(out)
	if err != nil {
		g.stats.failed.Add(1)
	}
	return resp, err
}

// targetOf is the address that u leads to. Only plain http to a literal
// unicast address passes: a name could resolve to anything.
func targetOf(u *url.URL) (netip.Addr, error) {
	if u.Scheme != "http" || u.User != nil {
		return netip.Addr{}, fmt.Errorf("%w: %.80q is not a plain http URL", ErrRefused, u.Redacted())
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%w: host %.80q is not a literal address", ErrRefused, u.Hostname())
	}
	addr = addr.Unmap()
	if forbidden(addr) {
		return netip.Addr{}, fmt.Errorf("%w: %s cannot be a device", ErrRefused, addr)
	}
	return addr, nil
}

func forbidden(addr netip.Addr) bool {
	for _, m := range metadataAddrs {
		if addr.WithZone("") == m {
			return true
		}
	}
	return !addr.IsValid() || addr.IsUnspecified() || addr.IsMulticast() || addr == broadcastAddr
}

// checkDial compares the address that is about to be dialled with the pinned one.
func checkDial(ctx context.Context, _, address string, _ syscall.RawConn) error {
	target, _ := ctx.Value(dialTargetKey{}).(netip.Addr)
	to, err := netip.ParseAddrPort(address)
	if err != nil || to.Addr().Unmap() != target {
		return fmt.Errorf("%w: dial of %s, not of %s", ErrRefused, address, target)
	}
	return nil
}

// namesItself reports whether u's host means the device at from itself, wherever it
// is: the unspecified address, a host name, which is never resolved, or loopback, which
// is another device only to one on loopback.
func namesItself(u *url.URL, from netip.Addr) bool {
	host := u.Hostname()
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host != ""
	}
	return addr.IsUnspecified() || addr.Unmap().IsLoopback() && !from.IsLoopback()
}

// hostOf is the host of a URL that leads to addr; port may be empty.
func hostOf(addr netip.Addr, port string) string {
	if port != "" {
		return net.JoinHostPort(addr.String(), port)
	}
	if addr.Is6() {
		return "[" + addr.String() + "]"
	}
	return addr.String()
}

// checkLocation parses a LOCATION that the host `from` answered with. It must
// lead to that host, or to one on a subnet of ours. Loopback, an
// unspecified address or a host name is replaced by the address of the answerer,
// so the request goes to nobody else.
func (c *Client) checkLocation(location string, from netip.Addr) (*url.URL, error) {
	if len(location) > maxURLBytes {
		return nil, fmt.Errorf("%w: LOCATION of %d bytes", ErrRefused, len(location))
	}
	u, err := url.Parse(location)
	if err != nil {
		return nil, fmt.Errorf("%w: LOCATION: %w", ErrRefused, err)
	}
	from = from.Unmap()
	if from.IsValid() && namesItself(u, from) {
		u.Host = hostOf(from, u.Port())
	}
	target, err := targetOf(u)
	if err != nil {
		return nil, err
	}
	switch {
	case target == from:
		return u, nil
	case target.IsLoopback():
		if from.IsLoopback() {
			return u, nil
		}
	case c.options.OnLink != nil && c.options.OnLink(target):
		return u, nil
	}
	return nil, fmt.Errorf("%w: LOCATION %s from %s leads to another network", ErrRefused, target, from)
}
