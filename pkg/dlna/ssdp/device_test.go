package ssdp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/loopback"
)

// show gives an answer as text without where it came from.
func show(a ssdp.Answer) string {
	a.Interface = netif.Interface{}
	return fmt.Sprintf("%+v", a)
}

func manyFields() string {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "A%d: x\n", i)
	}
	return b.String()
}

// A device answers searches on lo. Its socket is bound to the group's address
// on a free port, so that it gets what was sent to the group and nothing else.
type device struct {
	group netip.AddrPort
	conn  net.PacketConn
	host  string // the only HOST that it answers; "": any

	mu       sync.Mutex // guards searches
	searches []string   // datagrams
}

// startDevice runs a device that sends each of answers to who searches for
// MediaRenderer:1, until the test ends.
func startDevice(t *testing.T, answers ...string) *device {
	t.Helper()
	conn, err := bindGroup(netip.MustParseAddr("239.255.255.250"))
	if err != nil {
		t.Fatal(err)
	}
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	if err := ipv4.NewPacketConn(conn).JoinGroup(&net.Interface{Index: loopback.Interfaces(t)[0].Index}, net.UDPAddrFromAddrPort(local)); err != nil {
		conn.Close()
		t.Fatalf("join on lo: %v", err)
	}
	d := &device{group: local, conn: conn}
	var running sync.WaitGroup
	running.Go(func() { d.serve(answers) })
	t.Cleanup(func() {
		conn.Close()
		running.Wait()
	})
	return d
}

func (d *device) serve(answers []string) {
	buffer := make([]byte, 2048)
	for {
		n, from, err := d.conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		search := string(buffer[:n])
		d.mu.Lock()
		d.searches = append(d.searches, search)
		d.mu.Unlock()
		if !strings.Contains(search, "ST: urn:schemas-upnp-org:device:MediaRenderer:1\r\n") || !strings.Contains(search, "HOST: "+d.host) {
			continue
		}
		for _, a := range answers {
			if _, err := d.conn.WriteTo([]byte(a), from); err != nil {
				return
			}
		}
	}
}

func (d *device) seen() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.searches)
}

func bindGroup(addr netip.Addr) (net.PacketConn, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "device")
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0),
		unix.Bind(fd, &unix.SockaddrInet4{Addr: addr.As4()}),
	)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	conn, err := net.FilePacketConn(file) // a copy of the descriptor
	return conn, errors.Join(err, file.Close())
}

// run runs a Searcher until the test ends or stop is called, and fails the
// test if Run returns an error.
func run(t *testing.T, s *ssdp.Searcher) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("Run: want nil, got %v", err)
		}
	})
	stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(stop)
	return stop
}

// startUnicastDevice is a device at an address of its own on lo that answers
// searches with a HOST.
func startUnicastDevice(t *testing.T, host string, answers ...string) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &device{conn: conn, host: host}
	var running sync.WaitGroup
	running.Go(func() { d.serve(answers) })
	t.Cleanup(func() {
		conn.Close()
		running.Wait()
	})
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}
