package mdns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// askWaits are how long each of the attempts to ask waits for the answer.
var askWaits = [...]time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}

// ask puts a question as a program does that knows nothing of Multicast DNS, from
// a port of its own (RFC 6762 section 6.7), and gives nil once the answer is
// there. The question stays on this machine: it is sent with a TTL of 0, and
// multicast is looped back before that counts.
func ask(ctx context.Context, q question) error {
	c, err := dialGroup(ctx, q)
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(time.Unix(1, 0)) })() // wakes the reader
	query := new(dns.Msg).SetQuestion(q.witness.name, dns.TypeSRV)
	query.RecursionDesired = false
	b, err := query.Pack()
	if err != nil {
		return fmt.Errorf("write question: %w", err)
	}
	group := net.UDPAddrFromAddrPort(netip.AddrPortFrom(q.family.group(), q.port))
	for _, wait := range askWaits {
		if _, err := c.WriteTo(b, group); err != nil {
			return fmt.Errorf("ask: %w", err)
		}
		err := awaitAnswer(ctx, c, query, q.witness, time.Now().Add(wait))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
	return errUnanswered
}

// dialGroup opens a socket whose multicast goes out of the question's interface
// and no further.
func dialGroup(ctx context.Context, q question) (net.PacketConn, error) {
	network, host := "udp6", "::"
	if source, ok := q.iface.IPv4(); q.family == familyIPv4 && ok {
		network, host = "udp4", source.String()
	}
	var config net.ListenConfig
	c, err := config.ListenPacket(ctx, network, net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	out := &net.Interface{Index: q.iface.Index}
	if q.family == familyIPv4 {
		p := ipv4.NewPacketConn(c)
		err = errors.Join(p.SetMulticastInterface(out), p.SetMulticastTTL(0), p.SetMulticastLoopback(true))
	} else {
		p := ipv6.NewPacketConn(c)
		err = errors.Join(p.SetMulticastInterface(out), p.SetMulticastHopLimit(0), p.SetMulticastLoopback(true))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("set socket options: %w", err), c.Close())
	}
	return c, nil
}

// awaitAnswer reads until the answer is there; anything else is passed over.
func awaitAnswer(ctx context.Context, c net.PacketConn, query *dns.Msg, w witness, until time.Time) error {
	if err := c.SetReadDeadline(until); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	buf := make([]byte, maxPacketBytes)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		var m dns.Msg
		if m.Unpack(buf[:n]) == nil && m.Id == query.Id && w.in(&m) {
			return nil
		}
	}
}

// in reports whether a message answers for the service.
func (w witness) in(m *dns.Msg) bool {
	if !m.Response {
		return false
	}
	for _, rr := range m.Answer {
		srv, ok := rr.(*dns.SRV)
		if ok && fold(srv.Hdr.Name) == fold(w.name) && srv.Port == w.port {
			return true
		}
	}
	return false
}
