package web

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
)

// Clients that ask for a large cover and never read get few answers at once; the
// others are told to come later.
func TestPicturesThatNobodyReadsAreBounded(t *testing.T) {
	var speaker bridge.Speaker
	speaker.NowPlaying.Artwork = raop.Artwork{Type: "image/jpeg", Data: make([]byte, 4<<20)}
	find := func(http.ResponseWriter, *http.Request) (bridge.Speaker, bool) { return speaker, true }
	server := httptest.NewServer(artworkHandler(find))
	defer server.Close()
	addr := server.Listener.Addr().String()
	served := 0
	for i := range 64 {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+i/32))}}
		conn, err := dialer.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", addr)
		status, err := bufio.NewReaderSize(conn, 16).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(status, "200") {
			served++
		}
	}
	if served != maxPictureBytes/(4<<20) {
		t.Errorf("want %d pictures of 4 MiB sent at once, got %d", maxPictureBytes/(4<<20), served)
	}
}
