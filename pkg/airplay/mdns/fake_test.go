package mdns

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

const lanIndex = 2

var groupIPv4 = query.Group(multicast.IPv4, Port).Addr()

// A wire is a fake network: every packet to the group reaches every open conn
// that joined on the interface it was sent out of, the sender's own included.
type wire struct {
	mu    sync.Mutex // guards all below
	conns []*wireConn
	log   []sentPacket
}

type sentPacket struct {
	at    time.Time
	from  netip.Addr
	to    netip.AddrPort
	index int
	raw   []byte
	msg   dns.Msg
}

// A wireConn is a host's IPv4 socket on the wire.
type wireConn struct {
	wire *wire
	addr netip.Addr
	inC  chan multicast.Packet
	endC chan struct{}

	joined map[int]bool // guarded by wire.mu
	closed bool         // guarded by wire.mu
}

func (w *wire) attach(addr netip.Addr) *wireConn {
	c := &wireConn{wire: w, addr: addr, inC: make(chan multicast.Packet, 1000), endC: make(chan struct{}), joined: make(map[int]bool)}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns = append(w.conns, c)
	return c
}

func (c *wireConn) Join(index int) error {
	c.wire.mu.Lock()
	defer c.wire.mu.Unlock()
	c.joined[index] = true
	return nil
}

func (c *wireConn) Leave(index int) error {
	c.wire.mu.Lock()
	defer c.wire.mu.Unlock()
	delete(c.joined, index)
	return nil
}

func (c *wireConn) Read(buf []byte) (multicast.Packet, error) {
	select {
	case p := <-c.inC:
		p.Data = buf[:copy(buf, p.Data)]
		return p, nil
	case <-c.endC:
		return multicast.Packet{}, net.ErrClosed
	}
}

func (c *wireConn) Write(b []byte, to netip.AddrPort, index int, _ netip.Addr) error {
	return c.wire.send(b, netip.AddrPortFrom(c.addr, Port), to, index)
}

func (c *wireConn) Close() error {
	c.wire.mu.Lock()
	defer c.wire.mu.Unlock()
	if !c.closed {
		c.closed = true
		close(c.endC)
	}
	return nil
}

// send carries a packet and keeps it in the log.
func (w *wire) send(b []byte, from, to netip.AddrPort, index int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	sent := sentPacket{at: time.Now(), from: from.Addr(), to: to, index: index, raw: slices.Clone(b)}
	if err := sent.msg.Unpack(b); err == nil {
		w.log = append(w.log, sent)
	}
	p := multicast.Packet{Data: slices.Clone(b), From: from, To: to.Addr(), Index: index}
	for _, c := range w.conns {
		if !c.closed && c.joined[index] && (p.To == groupIPv4 || c.addr == to.Addr()) {
			select {
			case c.inC <- p:
			default: // A full socket loses packets
			}
		}
	}
	return nil
}

// sent are the packets that a host sent, beginning with the nth of its own.
func (w *wire) sent(from string, first int) []sentPacket {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []sentPacket
	for _, s := range w.log {
		if s.from == netip.MustParseAddr(from) {
			list = append(list, s)
		}
	}
	return list[min(first, len(list)):]
}

// A lanHost is a Responder on the wire.
type lanHost struct {
	*Responder
	changeC chan struct{}
	endC    chan error
	cancel  context.CancelFunc

	mu         sync.Mutex // guards all below
	interfaces []netif.Interface
	heldUntil  time.Time // somebody holds the port until then
}

func lanInterface(index int, addr string) netif.Interface {
	return netif.Interface{
		Name: fmt.Sprintf("eth%d", index), Index: index, Up: true, Multicast: true,
		Prefixes: []netip.Prefix{netip.PrefixFrom(netip.MustParseAddr(addr), 24)},
	}
}

// newHost is a Responder that is not running yet.
func newHost(w *wire, name, addr string) *lanHost {
	h := &lanHost{changeC: make(chan struct{}, 1), endC: make(chan error, 1)}
	h.interfaces = []netif.Interface{lanInterface(lanIndex, addr)}
	h.Responder = New(Options{Hostname: name, Changes: h.changeC, Log: zerolog.Nop(), Interfaces: func() []netif.Interface {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.interfaces
	}})
	h.check.verify = func(context.Context, query.Verification) error { return nil }
	h.dialAvahi = func(context.Context, string) (avahi, error) { return nil, fs.ErrNotExist }
	h.listenRaw = func(multicast.Family, uint16) (conn, error) { return nil, unix.EPERM }
	h.listen = func(f multicast.Family, _ uint16) (conn, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if f == multicast.IPv6 {
			return nil, unix.EAFNOSUPPORT
		}
		if time.Now().Before(h.heldUntil) {
			return nil, fmt.Errorf("bind: %w", unix.EADDRINUSE)
		}
		return w.attach(netip.MustParseAddr(addr)), nil
	}
	return h
}

func (h *lanHost) start() {
	ctx, cancel := context.WithCancel(context.Background())
	h.cancel = cancel
	go func() { h.endC <- h.Run(ctx) }()
}

// stop ends the responder and gives how long it took.
func (h *lanHost) stop(t *testing.T) time.Duration {
	t.Helper()
	from := time.Now()
	h.cancel()
	if err := <-h.endC; err != nil {
		t.Errorf("Run: %v", err)
	}
	return time.Since(from)
}

func (h *lanHost) setInterfaces(list ...netif.Interface) {
	h.mu.Lock()
	h.interfaces = list
	h.mu.Unlock()
	h.changeC <- struct{}{}
}

// onWire runs a test in a bubble with a wire.
func onWire(t *testing.T, test func(t *testing.T, w *wire)) {
	synctest.Test(t, func(t *testing.T) { test(t, &wire{}) })
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// ask sends a query from another host's port 5353 to the group.
func (w *wire) ask(t *testing.T, from string, query dns.Msg) {
	t.Helper()
	b, err := query.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.send(b, netip.AddrPortFrom(netip.MustParseAddr(from), Port), netip.AddrPortFrom(groupIPv4, Port), lanIndex); err != nil {
		t.Fatal(err)
	}
}

func queryFor(name string, qtype uint16) dns.Msg {
	return dns.Msg{Question: []dns.Question{{Name: name, Qtype: qtype, Qclass: dns.ClassINET}}}
}

func kitchenService() Service {
	return Service{Instance: kitchenText, Type: "_raop._tcp", Port: 5000, TXT: []string{"tp=UDP"}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
