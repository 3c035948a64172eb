package speaker

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/loopback"
)

var loopbackAddr = netip.MustParseAddr("127.0.0.1")

// freeGroup is the SSDP group on a port that is held for this test.
func freeGroup(t *testing.T) netip.AddrPort {
	t.Helper()
	port, _ := loopback.SharedPort(t)
	return netip.AddrPortFrom(netip.MustParseAddr("239.255.255.250"), port)
}

func testIdentity(name string) identity {
	return identity{
		device:   mediaRenderer,
		udn:      "uuid:" + name,
		location: "http://127.0.0.1:1/" + name,
		services: []string{"urn:schemas-upnp-org:service:AVTransport:1"},
	}
}

// announce runs an announcer until the test or the returned function ends it.
func announce(t *testing.T, group netip.AddrPort, id identity) (stop func()) {
	t.Helper()
	a, err := newAnnouncer(group, loopbackAddr, id)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	stopped := false
	stop = func() {
		cancel()
		if stopped {
			return
		}
		stopped = true
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// loopbackIndex is the index of the loopback interface.
func loopbackIndex(t *testing.T) int {
	t.Helper()
	ifi, err := netif.ByAddr(loopbackAddr)
	if err != nil {
		t.Fatal(err)
	}
	return ifi.Index
}

// A receiver is the part of net.PacketConn that these tests read by.
type receiver interface {
	ReadFrom(buf []byte) (int, net.Addr, error)
}

// A groupMember is a control point's socket that hears a group.
type groupMember struct{ *multicast.Conn }

func (m groupMember) ReadFrom(buf []byte) (int, net.Addr, error) {
	p, err := m.Read(buf)
	return len(p.Data), net.UDPAddrFromAddrPort(p.From), err
}

// joinGroup hears the group for a while.
func joinGroup(t *testing.T, group netip.AddrPort) groupMember {
	t.Helper()
	conn, err := multicast.ListenGroup(group)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Join(loopbackIndex(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // nothing was written
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return groupMember{conn}
}

// searchSocket is a control point's socket on the loopback interface.
func searchSocket(t *testing.T) *net.UDPConn {
	t.Helper()
	conn, err := multicast.Dial(t.Context(), netip.AddrPortFrom(loopbackAddr, 0), loopbackIndex(t), multicastTTL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func receive(t *testing.T, conn receiver) (string, bool) {
	t.Helper()
	buf := make([]byte, 4096)
	n, _, err := conn.ReadFrom(buf)
	if err != nil {
		return "", false
	}
	return string(buf[:n]), true
}

// answersTo asks for target and gives the USNs of the answers, sorted.
func answersTo(t *testing.T, group netip.AddrPort, target string, want int) []string {
	t.Helper()
	conn := searchSocket(t)
	packet := "M-SEARCH * HTTP/1.1\r\nHOST: " + group.String() + "\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: " + target + "\r\n\r\n"
	if _, err := conn.WriteToUDPAddrPort([]byte(packet), group); err != nil {
		t.Fatal(err)
	}
	var usns []string
	limit := 10 * time.Second
	for {
		if len(usns) == want {
			limit = 2 * longestDelay // for one too many
		}
		if err := conn.SetReadDeadline(time.Now().Add(limit)); err != nil {
			t.Fatal(err)
		}
		text, ok := receive(t, conn)
		if !ok {
			slices.Sort(usns)
			return usns
		}
		resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), nil)
		if err != nil || resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Location"), "http://127.0.0.1") {
			t.Fatalf("want an answer with a LOCATION, got %q (%v)", text, err)
		}
		usns = append(usns, resp.Header.Get("Usn"))
	}
}

const mediaRenderer = "urn:schemas-upnp-org:device:MediaRenderer:1"

func TestSearchFindsEverySpeakerOfTheGroup(t *testing.T) {
	group := freeGroup(t)
	announce(t, group, testIdentity("a"))
	announce(t, group, testIdentity("b"))
	const avt = "urn:schemas-upnp-org:service:AVTransport:1"
	tests := []struct {
		target string
		want   []string
	}{
		{mediaRenderer, []string{"uuid:a::" + mediaRenderer, "uuid:b::" + mediaRenderer}},
		{avt, []string{"uuid:a::" + avt, "uuid:b::" + avt}},
		{"upnp:rootdevice", []string{"uuid:a::upnp:rootdevice", "uuid:b::upnp:rootdevice"}},
		{"uuid:b", []string{"uuid:b"}},
		{"urn:schemas-upnp-org:device:MediaServer:1", nil},
		{"ssdp:all", []string{
			"uuid:a", "uuid:a::upnp:rootdevice", "uuid:a::" + mediaRenderer, "uuid:a::" + avt,
			"uuid:b", "uuid:b::upnp:rootdevice", "uuid:b::" + mediaRenderer, "uuid:b::" + avt,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.target, func(t *testing.T) {
			slices.Sort(tt.want)
			if got := answersTo(t, group, tt.target, len(tt.want)); !slices.Equal(tt.want, got) {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
}

func TestAnnouncesItselfAndItsLeaving(t *testing.T) {
	group := freeGroup(t)
	conn := joinGroup(t, group)
	id := testIdentity("c")
	stop := announce(t, group, id)
	checkNotifies(t, conn, id, "ssdp:alive")
	stop()
	checkNotifies(t, conn, id, "ssdp:byebye")
}

// TestRebootSaysNoGoodbye: what comes next is the announcement of the new life.
func TestRebootSaysNoGoodbye(t *testing.T) {
	group := freeGroup(t)
	conn := joinGroup(t, group)
	id := testIdentity("d")
	id.boot = 1
	a, err := newAnnouncer(group, loopbackAddr, id)
	if err != nil {
		t.Fatal(err)
	}
	life, end := context.WithCancelCause(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(life) }()
	checkNotifies(t, conn, id, "ssdp:alive")
	end(errRebooted)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	id.boot = 2
	announce(t, group, id)
	text, ok := receive(t, conn)
	if !ok || !strings.Contains(text, "ssdp:alive") || !strings.Contains(text, "BOOTID.UPNP.ORG: 2\r\n") {
		t.Errorf("want the second life announced, got %q", text)
	}
}

func checkNotifies(t *testing.T, conn receiver, id identity, nts string) {
	t.Helper()
	var got []string
	for range id.targets() {
		text, ok := receive(t, conn)
		if !ok {
			t.Fatalf("timed out waiting for %s", nts)
		}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil || r.Method != "NOTIFY" || r.Header.Get("NTS") != nts {
			t.Fatalf("want NOTIFY %s, got %q (%v)", nts, text, err)
		}
		if target := r.Header.Get("NT"); r.Header.Get("USN") != id.usn(target) {
			t.Errorf("NT %s: want USN %s, got %s", target, id.usn(target), r.Header.Get("USN"))
		}
		got = append(got, r.Header.Get("NT"))
	}
	if !slices.Equal(id.targets(), got) {
		t.Errorf("want %q announced, got %q", id.targets(), got)
	}
}

func TestAnnouncerRefuses(t *testing.T) {
	tests := []struct {
		name, group, local string
	}{
		{"no group", "127.0.0.1:1900", "127.0.0.1"},
		{"IPv6", "[ff02::c]:1900", "::1"},
		{"nobody's address", "239.255.255.250:1900", "192.0.2.77"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := newAnnouncer(netip.MustParseAddrPort(tt.group), netip.MustParseAddr(tt.local), identity{})
			if err == nil {
				t.Error("want an error")
			}
		})
	}
}

var searches = []struct {
	name   string
	packet string
	want   search // zero: refused
}{
	{"plain", "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\nST: ssdp:all\r\n\r\n",
		search{"ssdp:all", 2 * time.Second}},
	{"other case", "M-SEARCH * HTTP/1.1\r\nHost:239.255.255.250:1900\r\nMan:\"ssdp:discover\"\r\nmx: 1\r\nst: upnp:rootdevice\r\n\r\n",
		search{"upnp:rootdevice", time.Second}},
	{"long wait", "M-SEARCH * HTTP/1.1\r\nHOST: x\r\nMAN: \"ssdp:discover\"\r\nMX: 9999\r\nST: a\r\n\r\n", search{"a", 2 * time.Minute}},
	{"no MX", "M-SEARCH * HTTP/1.1\r\nHOST: x\r\nMAN: \"ssdp:discover\"\r\nST: a\r\n\r\n", search{}},
	{"MX 0", "M-SEARCH * HTTP/1.1\r\nHOST: x\r\nMAN: \"ssdp:discover\"\r\nMX: 0\r\nST: a\r\n\r\n", search{}},
	{"MAN without quotes", "M-SEARCH * HTTP/1.1\r\nHOST: x\r\nMAN: ssdp:discover\r\nMX: 1\r\nST: a\r\n\r\n", search{}},
	{"an announcement", "NOTIFY * HTTP/1.1\r\nHOST: x\r\nNTS: ssdp:alive\r\n\r\n", search{}},
	{"too long", "M-SEARCH * HTTP/1.1\r\nX: " + strings.Repeat("x", maxSearchBytes) + "\r\n\r\n", search{}},
	{"empty", "", search{}},
}

func TestParseSearch(t *testing.T) {
	for _, tt := range searches {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseSearch([]byte(tt.packet))
			if refused := tt.want == (search{}); refused != (err != nil) || tt.want != got {
				t.Errorf("want %+v, got %+v (%v)", tt.want, got, err)
			}
		})
	}
}

func TestParseSearchTruncated(t *testing.T) {
	packet := []byte(searches[0].packet)
	for n := range len(packet) - 1 { // the last LF may be missing
		if _, err := parseSearch(packet[:n]); err == nil {
			t.Errorf("%d of %d bytes: want an error", n, len(packet))
		}
	}
}

func FuzzParseSearch(f *testing.F) {
	for _, tt := range searches {
		f.Add([]byte(tt.packet))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parseSearch(bytes.Clone(b))
		if err == nil && (s.wait < time.Second || s.wait > 2*time.Minute) {
			t.Errorf("want a wait in range, got %v", s.wait)
		}
	})
}
