package stream_test

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

// Connections that nine other addresses hold keep no speaker from its stream.
func TestStrangersLeaveConnectionsForSpeakers(t *testing.T) {
	s, addr := serve(t, stream.ServerOptions{})
	opts := wavOptions()
	opts.Peer = netip.MustParseAddr("127.0.0.1")
	st := s.Open(opts)
	defer st.Discard()
	for host := range 9 {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(host+1))}}
		for range 64 {
			conn, err := dialer.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
		}
	}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(3 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintf(conn, "HEAD %s HTTP/1.1\r\nHost: %s\r\n\r\n", st.Path(), addr)
	if status, err := bufio.NewReader(conn).ReadString('\n'); status != "HTTP/1.1 200 OK\r\n" {
		t.Errorf("want the speaker answered, got %q %v", status, err)
	}
}
