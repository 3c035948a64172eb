package speaker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

const (
	multicastTTL    = 2                      // UDA 1.1 section 1.1.2
	aliveInterval   = maxAge / 3             // so that two may get lost
	longestDelay    = 100 * time.Millisecond // of an answer, however much MX allows
	pendingAnswers  = 64                     // answers not yet sent; searches beyond are dropped
	datagramMaxSize = 64 << 10
)

// announcer makes the device known on one interface: it answers M-SEARCH and
// sends NOTIFY to the group (UDA 1.0 section 1). The socket that hears the group
// is bound to the group's address and takes no unicast away from any other
// program; answers come from a port of their own.
type announcer struct {
	group     netip.AddrPort
	ifi       netif.Interface
	groupConn *multicast.Conn
	sendConn  *net.UDPConn
	id        identity
	answers   chan reply
}

type reply struct {
	due    time.Time
	to     netip.AddrPort
	packet []byte
}

// newAnnouncer opens the sockets on the interface that holds local, and on no
// other.
func newAnnouncer(group netip.AddrPort, local netip.Addr, id identity) (*announcer, error) {
	if !local.Is4() || !group.Addr().Is4() || !group.Addr().IsMulticast() {
		return nil, fmt.Errorf("ssdp: group %v on %v: want an IPv4 group and address", group, local)
	}
	ifi, err := netif.ByAddr(local)
	if err != nil {
		return nil, fmt.Errorf("ssdp: %w", err)
	}
	hear, err := multicast.ListenGroup(group)
	if err != nil {
		return nil, fmt.Errorf("ssdp: %w", err)
	}
	if err := hear.Join(ifi.Index); err != nil {
		return nil, errors.Join(fmt.Errorf("ssdp: %w", err), hear.Close())
	}
	// NOTIFY and answers go out from a port of their own
	speak, err := multicast.Dial(context.Background(), netip.AddrPortFrom(local, 0), ifi.Index, multicastTTL)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("ssdp: %w", err), hear.Close())
	}
	return &announcer{
		group: group, ifi: ifi, groupConn: hear, sendConn: speak, id: id,
		answers: make(chan reply, pendingAnswers),
	}, nil
}

// Run announces, answers, and says goodbye when ctx ends.
func (a *announcer) Run(ctx context.Context) error {
	g, running := errgroup.WithContext(ctx)
	stop := context.AfterFunc(running, func() { a.groupConn.Close() })
	defer stop()
	g.Go(func() error { return a.listen(running) })
	g.Go(func() error { return a.answer(running) })
	g.Go(func() error { return a.announce(running) })
	return errors.Join(g.Wait(), a.sendConn.Close())
}

func (a *announcer) listen(ctx context.Context) error {
	buf := make([]byte, datagramMaxSize)
	for {
		p, err := a.groupConn.Read(buf)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("ssdp: receive: %w", err)
		}
		s, err := parseSearch(p.Data)
		if err != nil || !a.ifi.OnLink(p.From.Addr()) {
			continue // other devices' announcements, and what no device has to answer
		}
		a.enqueue(s, p.From)
	}
}

func (a *announcer) enqueue(s search, to netip.AddrPort) {
	now := time.Now()
	due := now.Add(rand.N(min(s.wait, longestDelay)))
	for _, target := range a.id.matching(s.target) {
		select {
		case a.answers <- reply{due: due, to: to, packet: a.id.answer(target, now)}:
		default:
			return
		}
	}
}

func (a *announcer) answer(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case r := <-a.answers:
			if sleep(ctx, time.Until(r.due)) != nil {
				return nil
			}
			// A control point that cannot be reached gets no answer.
			_, _ = a.sendConn.WriteToUDPAddrPort(r.packet, r.to)
		}
	}
}

func (a *announcer) announce(ctx context.Context) error {
	for {
		if err := a.notify(identity.alive); err != nil {
			return err
		}
		if sleep(ctx, aliveInterval) != nil {
			if errors.Is(context.Cause(ctx), errRebooted) {
				return nil // a power cut leaves no time for goodbyes
			}
			// Errors are ignored: the network may be gone already.
			_ = a.notify(identity.byebye)
			return nil
		}
	}
}

func (a *announcer) notify(message func(identity, netip.AddrPort, string) []byte) error {
	for _, target := range a.id.targets() {
		if _, err := a.sendConn.WriteToUDPAddrPort(message(a.id, a.group, target), a.group); err != nil {
			return fmt.Errorf("ssdp: notify: %w", err)
		}
	}
	return nil
}
