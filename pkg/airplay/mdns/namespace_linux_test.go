package mdns

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/rs/zerolog"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
)

// A tap counts the mDNS packets that come out of the far end of a cable.
type tap struct {
	ipv4, ipv6, wrongHops atomic.Int64
}

// Places in an Ethernet frame with an IP packet without options.
const (
	etherType    = 12
	etherPayload = 14
	ipv4TTL      = etherPayload + 8
	ipv4Protocol = etherPayload + 9
	ipv4DestPort = etherPayload + 20 + 2
	ipv6Next     = etherPayload + 6
	ipv6Hops     = etherPayload + 7
	ipv6DestPort = etherPayload + 40 + 2
)

func (p *tap) see(frame []byte) {
	if len(frame) < ipv6DestPort+2 {
		return
	}
	port := func(at int) bool { return binary.BigEndian.Uint16(frame[at:]) == Port }
	var ttl byte
	switch binary.BigEndian.Uint16(frame[etherType:]) {
	case unix.ETH_P_IP:
		if frame[ipv4Protocol] != unix.IPPROTO_UDP || !port(ipv4DestPort) {
			return
		}
		p.ipv4.Add(1)
		ttl = frame[ipv4TTL]
	case unix.ETH_P_IPV6:
		if frame[ipv6Next] != unix.IPPROTO_UDP || !port(ipv6DestPort) {
			return
		}
		p.ipv6.Add(1)
		ttl = frame[ipv6Hops]
	default:
		return
	}
	if ttl != query.Hops {
		p.wrongHops.Add(1)
	}
}

// tapOn opens a tap on an interface.
func tapOn(t *testing.T, name string) *tap {
	t.Helper()
	link, err := netlink.LinkByName(name)
	must(t, err)
	all := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, int(all))
	must(t, err)
	must(t, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: link.Attrs().Index}))
	file := os.NewFile(uintptr(fd), name)
	p, endC := new(tap), make(chan struct{})
	go func() {
		defer close(endC)
		frame := make([]byte, 65536)
		for {
			n, err := file.Read(frame)
			if err != nil {
				return
			}
			p.see(frame[:n])
		}
	}()
	t.Cleanup(func() {
		must(t, file.Close())
		<-endC
	})
	return p
}

// Two cables; the responder is told of one, and nothing may come out of the
// other, in neither family, from the first probe to the last goodbye.
func TestOnlyChosenInterfacesCarryPackets(t *testing.T) {
	t.Parallel()
	if namespace.Own(t) {
		onlyChosenInterfacesCarryPackets(t, listen)
	}
}

// The same when another program holds the port and raw sockets are used.
func TestOnlyChosenInterfacesCarryRawPackets(t *testing.T) {
	t.Parallel()
	if namespace.Own(t) {
		onlyChosenInterfacesCarryPackets(t, func(multicast.Family, uint16) (conn, error) { return nil, unix.EADDRINUSE })
	}
}

func onlyChosenInterfacesCarryPackets(t *testing.T, listen opener) {
	namespace.Cable(t, namespace.End{Name: "lan0", Addr: "10.1.0.1/24"}, namespace.End{Name: "far-lan0"})
	namespace.Cable(t, namespace.End{Name: "lan1", Addr: "10.2.0.1/24"}, namespace.End{Name: "far-lan1"})
	chosen, other := tapOn(t, "far-lan0"), tapOn(t, "far-lan1")
	selected := func() []netif.Interface {
		all, err := netif.List()
		must(t, err)
		return netif.Select(all, []string{"lan0"})
	}
	eventually(t, "the IPv6 address is fit for use", func() bool {
		list := selected()
		return len(list) == 1 && len(list[0].Prefixes) == 2
	})
	r := New(Options{Hostname: "nas", Interfaces: selected, AvahiSocket: noSocket(t), Log: zerolog.Nop()})
	r.listen = listen
	r.Publish(kitchenService())
	ctx, cancel := context.WithCancel(t.Context())
	endC := make(chan error, 1)
	go func() { endC <- r.Run(ctx) }()
	eventually(t, "established", func() bool { return r.Stats().Established == 1 })
	for _, h := range r.SelfCheck(t.Context()) {
		if !h.Heard {
			t.Errorf("not heard: %v", h.Err)
		}
	}
	cancel()
	must(t, <-endC)

	const packets = 3 + 3 + 3 // probes, announcements, goodbyes; a self-check stays at home
	eventually(t, "all packets came out of the chosen cable", func() bool {
		return chosen.ipv4.Load() == packets && chosen.ipv6.Load() == packets
	})
	if n := chosen.wrongHops.Load(); n != 0 {
		t.Errorf("%d packets with a TTL that is not 255", n)
	}
	if a, b := other.ipv4.Load(), other.ipv6.Load(); a+b != 0 {
		t.Errorf("out of the other cable came %d IPv4 and %d IPv6 packets", a, b)
	}
}

// noSocket is the path of a D-Bus that is not there.
func noSocket(t *testing.T) string { return filepath.Join(t.TempDir(), "bus") }
