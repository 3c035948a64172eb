package query

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/miekg/dns"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// verifyWaits are how long each attempt to ask waits for the answer.
var verifyWaits = [...]time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}

// ErrUnanswered says that no answer came.
var ErrUnanswered = errors.New("no answer came")

// A Place is where a service that we announce ourselves should be found.
type Place struct {
	Name string // full name of the instance, in presentation form
	Port uint16 // where the service listens
}

// A Verification asks for the place (SRV) of one service out of one interface.
type Verification struct {
	Family    multicast.Family
	Interface netif.Interface
	Port      uint16 // of mDNS
	Place     Place
}

// Run asks as a program does that knows nothing of Multicast DNS, from a port of
// its own (RFC 6762 section 6.7), and returns nil once the expected answer is
// there, ErrUnanswered after three attempts. The question stays on this host: it
// has a TTL of 0, and multicast is looped back before that counts.
func (v Verification) Run(ctx context.Context) error {
	c, err := v.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(time.Unix(1, 0)) })() // wakes the reader
	question := new(dns.Msg).SetQuestion(v.Place.Name, dns.TypeSRV)
	question.RecursionDesired = false
	b, err := question.Pack()
	if err != nil {
		return fmt.Errorf("write question: %w", err)
	}
	for _, wait := range verifyWaits {
		if _, err := c.WriteToUDPAddrPort(b, Group(v.Family, v.Port)); err != nil {
			return fmt.Errorf("ask: %w", err)
		}
		err := v.awaitAnswer(ctx, c, question.Id, time.Now().Add(wait))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
	return ErrUnanswered
}

func (v Verification) dial(ctx context.Context) (*net.UDPConn, error) {
	source := netip.IPv6Unspecified()
	if v.Family == multicast.IPv4 {
		source, _ = v.Interface.IPv4()
	}
	return multicast.Dial(ctx, netip.AddrPortFrom(source, 0), v.Interface.Index, 0)
}

// awaitAnswer reads until the answer is there; anything else is passed over.
func (v Verification) awaitAnswer(ctx context.Context, c *net.UDPConn, id uint16, until time.Time) error {
	if err := c.SetReadDeadline(until); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	buf := make([]byte, MaxPacketBytes)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		var m dns.Msg
		if m.Unpack(buf[:n]) == nil && m.Id == id && v.Place.In(&m) {
			return nil
		}
	}
}

// In reports whether a message answers for the service.
func (p Place) In(m *dns.Msg) bool {
	if !m.Response {
		return false
	}
	for _, rr := range m.Answer {
		srv, ok := rr.(*dns.SRV)
		if ok && fold(srv.Hdr.Name) == fold(p.Name) && srv.Port == p.Port {
			return true
		}
	}
	return false
}
