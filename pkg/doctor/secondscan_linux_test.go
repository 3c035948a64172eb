package doctor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/doctor/fingerprint"
)

func TestGoSSDPHearsNobody(t *testing.T) {
	if !inside(t) {
		return
	}
	answers, err := scanOnce(t.Context(), interfaces(t)())
	if err != nil || len(answers) != 0 {
		t.Errorf("want nobody, got %v, %v", answers, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := scanOnce(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("want an end before the search, got %v", err)
	}
}

// The end of the bridge does not wait for go-ssdp.
func TestGoSSDPLeftAlone(t *testing.T) {
	if !inside(t) {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := scanOnce(ctx, interfaces(t)()); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 2*time.Second {
		t.Errorf("want an end at once, got %v after %v", err, time.Since(began))
	}
	scanMu.Lock() // waits for the end of the search
	defer scanMu.Unlock()
}

// A host that answers without end must not fill the memory.
func TestGoSSDPFlooded(t *testing.T) {
	if !inside(t) {
		return
	}
	conn, err := net.ListenPacket("udp4", "0.0.0.0:1900")
	if err != nil {
		t.Fatal(err)
	}
	eth0, err := net.InterfaceByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	if err := ipv4.NewPacketConn(conn).JoinGroup(eth0, &net.UDPAddr{IP: echoGroup.AsSlice()}); err != nil {
		t.Fatal(err)
	}
	var sent int
	var flood sync.WaitGroup
	flood.Go(func() { sent = floodFirst(conn) })
	answers, err := scanOnce(t.Context(), interfaces(t)())
	_ = conn.Close() // ends the flood
	flood.Wait()
	if err != nil || len(answers) == 0 || len(answers) > maxScanAnswers || sent < 10*maxScanAnswers {
		t.Errorf("want at most %d of many answers, got %d of %d, %v", maxScanAnswers, len(answers), sent, err)
	}
}

// floodFirst answers the first who asks until conn is closed, each time as
// another device.
func floodFirst(conn net.PacketConn) (sent int) {
	_, from, err := conn.ReadFrom(make([]byte, 2048))
	if err != nil {
		return 0
	}
	padding := strings.Repeat("x", 4000)
	for {
		answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nLOCATION: http://10.77.0.2/%d\r\nUSN: uuid:%d\r\nX: %s\r\n\r\n", sent, sent, padding)
		_, err := conn.WriteTo([]byte(answer), from)
		if errors.Is(err, net.ErrClosed) {
			return sent
		}
		sent++ // the asker may be gone
	}
}

func TestBrake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		b := &brake{left: 2, until: began.Add(time.Second)}
		for line, want := range []time.Duration{0, 0, time.Second, time.Second} {
			if n, err := b.Write([]byte("line")); n != 4 || err != nil {
				t.Errorf("line %d: %d, %v", line, n, err)
			}
			if got := time.Since(began); got != want {
				t.Errorf("line %d: want it after %v, got %v", line, want, got)
			}
		}
	})
}

// What the holder of 1900/UDP is asked does not leave this host.
func TestAskStaysOnThisHost(t *testing.T) {
	if !inside(t) {
		return
	}
	cable := listenOnCable(t)
	eth0, err := net.InterfaceByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan []string)
	go func() { heard <- searchesOn(cable) }()
	own := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:1900"), netip.MustParseAddrPort("10.77.0.2:1900")}
	if _, err := fingerprint.Ask(t.Context(), own, []int{eth0.Index}); err != nil {
		t.Fatal(err)
	}
	// That the cable is heard at all, go-ssdp's search shows.
	if _, err := scanOnce(t.Context(), interfaces(t)()); err != nil {
		t.Fatal(err)
	}
	got := <-heard
	if len(got) == 0 {
		t.Fatal("the cable is not heard")
	}
	for _, search := range got {
		if strings.Contains(search, "Breezeway") {
			t.Errorf("want only go-ssdp's search on the cable, got %q", search)
		}
	}
}

// listenOnCable hears all IPv4 packets at the far end of eth0's cable.
func listenOnCable(t *testing.T) int {
	t.Helper()
	far, err := net.InterfaceByName("lan")
	if err != nil {
		t.Fatal(err)
	}
	protocol := binary.NativeEndian.Uint16([]byte{unix.ETH_P_IP >> 8, unix.ETH_P_IP & 0xff})
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(protocol))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) }) // read only
	patience := unix.Timeval{Sec: scanSeconds + 1}
	err = errors.Join(
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: protocol, Ifindex: far.Index}),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &patience),
	)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// searchesOn collects M-SEARCHes that arrive over the cable until it was quiet
// for a while.
func searchesOn(fd int) (searches []string) {
	buffer := make([]byte, 2048)
	for {
		n, from, err := unix.Recvfrom(fd, buffer, 0)
		if err != nil {
			return searches
		}
		if l, ok := from.(*unix.SockaddrLinklayer); !ok || l.Pkttype == unix.PACKET_OUTGOING {
			continue
		}
		if _, search, ok := strings.Cut(string(buffer[:n]), "M-SEARCH"); ok {
			searches = append(searches, search)
		}
	}
}
