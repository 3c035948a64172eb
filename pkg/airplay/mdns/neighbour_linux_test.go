package mdns

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
)

// The LAN of these tests: this host and another, on one cable.
const (
	hereAddr  = "10.77.0.2"
	thereAddr = "10.77.0.9"
)

// An otherHost is at the far end of a cable.
type otherHost struct{ *namespace.Host }

// newOtherHost lays the cable lan0. The calling process has a namespace of its
// own.
func newOtherHost(t *testing.T) otherHost {
	t.Helper()
	o := otherHost{namespace.NewHost(t)}
	o.Cable(t, namespace.End{Name: "lan0", Addr: hereAddr + "/24"}, namespace.End{Name: "lan0", Addr: thereAddr + "/24"})
	fit := func() bool { return len(lan(t)) == 1 && len(lan(t)[0].Prefixes) == 2 }
	eventually(t, "the IPv6 address here is fit for use", fit)
	o.Do(t, func() { eventually(t, "the IPv6 address there is fit for use", fit) })
	return o
}

// lan is the interface lan0 of the namespace, once it is up.
func lan(t *testing.T) []netif.Interface {
	t.Helper()
	all, err := netif.List()
	must(t, err)
	return slices.DeleteFunc(all, func(i netif.Interface) bool { return i.Name != "lan0" || !i.Up })
}

// A listeningProgram is an mDNS program on the other host, in one family.
type listeningProgram struct {
	conn    conn
	family  multicast.Family
	index   int
	packetC chan multicast.Packet
}

func (o otherHost) listen(t *testing.T, f multicast.Family) *listeningProgram {
	t.Helper()
	e := &listeningProgram{family: f, packetC: make(chan multicast.Packet, 100)}
	o.Do(t, func() {
		c, err := listen(f, Port)
		must(t, err)
		e.conn, e.index = c, lan(t)[0].Index
	})
	must(t, e.conn.Join(e.index))
	endC := make(chan struct{})
	go func() {
		defer close(endC)
		for {
			p, err := e.conn.Read(make([]byte, query.MaxPacketBytes))
			if err != nil {
				return
			}
			select {
			case e.packetC <- p:
			default: // when the channel is full, packets are lost
			}
		}
	}()
	t.Cleanup(func() {
		must(t, e.conn.Close())
		<-endC
	})
	return e
}

// finds asks the group for the place of a service, as often as it takes, and
// reports whether the answer comes from port 5353; from another it would not
// count. Announcements are no answer: they have more than one record.
func (e *listeningProgram) finds(within time.Duration) (bool, error) {
	question := queryFor(kitchen, dns.TypeSRV)
	b, err := question.Pack()
	if err != nil {
		return false, err
	}
	e.goodbyes() // forgets what it heard before
	deadline := time.After(within)
	again := time.NewTicker(recordGap + 100*time.Millisecond)
	defer again.Stop()
	for {
		if err := e.conn.Write(b, query.Group(e.family, Port), e.index, netip.Addr{}); err != nil {
			return false, err
		}
		for asked := true; asked; {
			select {
			case p := <-e.packetC:
				if e.answers(p) {
					return true, nil
				}
			case <-again.C:
				asked = false
			case <-deadline:
				return false, nil
			}
		}
	}
}

func (e *listeningProgram) answers(p multicast.Packet) bool {
	var m dns.Msg
	return p.From.Port() == Port && m.Unpack(p.Data) == nil && len(m.Answer) == 1 && (query.Place{Name: kitchen, Port: 5000}).In(&m)
}

// goodbyes counts those that came since the last look.
func (e *listeningProgram) goodbyes() (n int) {
	for {
		select {
		case p := <-e.packetC:
			var m dns.Msg
			if m.Unpack(p.Data) == nil && m.Response && len(m.Answer) > 0 && m.Answer[0].Header().Ttl == 0 {
				n++
			}
		default:
			return n
		}
	}
}

// unicastProbes is how many unicast datagrams a holder must get.
const unicastProbes = 20

// probe sends datagrams from as many ports to 5353 of the host and counts those
// that come to conn.
func (o otherHost) probe(t *testing.T, c net.PacketConn) (got int) {
	t.Helper()
	o.Do(t, func() {
		for range unicastProbes {
			d, err := net.Dial("udp4", net.JoinHostPort(hereAddr, "5353"))
			must(t, err)
			_, err = d.Write([]byte("for the holder"))
			must(t, err)
			must(t, d.Close())
		}
	})
	must(t, c.SetReadDeadline(time.Now().Add(patience)))
	buf := make([]byte, query.MaxPacketBytes)
	for got < unicastProbes {
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			break // the deadline: the rest went elsewhere
		}
		if string(buf[:n]) == "for the holder" {
			got++
		}
	}
	return got
}
