package fingerprint

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/multicast"
)

const (
	askWindow    = 1500 * time.Millisecond // MX and a little more
	askRepeat    = 2                       // searches to each target: one may get lost
	maxReply     = 8 << 10                 // bytes; longer ones are malformed
	maxAnswers   = 32                      // kept
	maxDatagrams = 1024                    // read; a flood ends the window
)

// search asks for everything that a host offers. MX is 1 second: there are too few
// answers to spread them over a longer time.
const search = "M-SEARCH * HTTP/1.1\r\nHOST: %s\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\nUSER-AGENT: Linux/1 UPnP/1.1 Breezeway/1\r\n\r\n"

// Replies are the answers to a search.
type Replies struct {
	Answers    []ssdp.Answer // one for each SERVER and LOCATION; Interface is zero
	Unreadable int           // datagrams that are no answer
	Unasked    int           // datagrams from hosts that were not asked
	Flooded    bool          // more arrived than were read
}

// Ask searches on this host alone, from an ephemeral port, and collects for a
// second and a half: by unicast on each target, an address of ours, and by
// multicast on each interface, given by index. Both are needed: unicast reaches
// one of the programs that share a port, and none that is bound to the group's
// address. The multicast has a TTL of 0, so that it does not leave the host.
//
// Targets that cannot be reached are silent, too.
func Ask(ctx context.Context, targets []netip.AddrPort, interfaces []int) (Replies, error) {
	conn, err := multicast.Listen(netip.AddrPortFrom(ssdp.Group.Addr(), 0), 0)
	if err != nil {
		return Replies{}, fmt.Errorf("fingerprint: %w", err)
	}
	defer func() { _ = conn.Close() }() // a failure has no consequence
	if err := conn.SetReadDeadline(time.Now().Add(askWindow)); err != nil {
		return Replies{}, fmt.Errorf("fingerprint: set up: %w", err)
	}
	interfaces = join(conn, interfaces)
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) }) // wakes the reader
	defer stop()
	for range askRepeat {
		for _, to := range targets {
			send(conn, to, 0)
		}
		for _, index := range interfaces {
			send(conn, ssdp.Group, index)
		}
	}
	replies, err := collect(conn, targets)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return replies, fmt.Errorf("fingerprint: read: %w", err)
	}
	return replies, nil
}

// join joins the group and returns the interfaces on which that worked. Only
// where the host is a member does the kernel (ip_mc_output) look at the TTL.
func join(conn *multicast.Conn, interfaces []int) (joined []int) {
	for _, index := range interfaces {
		if err := conn.Join(index); err == nil {
			joined = append(joined, index)
		}
	}
	return joined
}

// send sends a search through an interface; 0 is the one of the route.
func send(conn *multicast.Conn, to netip.AddrPort, index int) {
	// An unused port is reported by ICMP, which fails a later send. That is no error
	// here: it counts as no answer.
	_ = conn.Write(fmt.Appendf(nil, search, to), to, index, netip.Addr{})
}

// A reader is the part of multicast.Conn that collect needs.
type reader interface {
	Read(buf []byte) (multicast.Packet, error)
}

// collect reads until conn fails, which it does at its deadline.
func collect(conn reader, targets []netip.AddrPort) (Replies, error) {
	var r Replies
	buffer := make([]byte, maxReply+1) // one more byte, to detect datagrams that are too long
	for range maxDatagrams {
		p, err := conn.Read(buffer)
		if err != nil {
			return r, err
		}
		r.take(p.Data, p.From, targets)
	}
	r.Flooded = true
	return r, nil
}

func (r *Replies) take(datagram []byte, from netip.AddrPort, targets []netip.AddrPort) {
	asked := func(t netip.AddrPort) bool { return t.Addr() == from.Addr().Unmap() }
	if !slices.ContainsFunc(targets, asked) {
		r.Unasked++
		return
	}
	answer, err := ssdp.ParseAnswer(datagram)
	if err != nil {
		r.Unreadable++
		return
	}
	answer.From = from
	known := func(a ssdp.Answer) bool { return a.Server == answer.Server && a.Location == answer.Location }
	if len(r.Answers) < maxAnswers && !slices.ContainsFunc(r.Answers, known) {
		r.Answers = append(r.Answers, answer)
	}
}
