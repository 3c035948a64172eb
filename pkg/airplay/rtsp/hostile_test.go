package rtsp_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"go.uber.org/goleak"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

// serveTCP runs a server on a loopback port until the test ends, and checks
// that it leaves no goroutine behind.
func serveTCP(t *testing.T, answer func(*rtsp.Request) (*rtsp.Response, bool)) (*rtsp.Server, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	before := goleak.IgnoreCurrent()
	closed := new(atomic.Int32)
	server := rtsp.NewServer(rtsp.ServerOptions{
		NewHandler: func(rtsp.Peer, rtsp.Conn) rtsp.Handler { return handler{answer: answer, closed: closed} },
	})
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if got := uint64(closed.Load()); got != server.Stats().Accepted {
			t.Errorf("%d connections, %d Closed calls", server.Stats().Accepted, got)
		}
		goleak.VerifyNone(t, before)
	})
	return server, listener.Addr().String()
}

func dialTCP(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // may be closed already
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// pour writes piece again and again, up to total bytes, until the server has
// had enough, and gives how many it could write.
func pour(c net.Conn, piece []byte, total int) (written int) {
	for written < total {
		n, err := c.Write(piece)
		written += n
		if err != nil {
			break
		}
	}
	return written
}

// A flood is answered, cut off soon, and the server serves the next one.
func TestFloods(t *testing.T) {
	const gigabyte = 1 << 30
	tests := []struct {
		name, head, piece string
		status            int
	}{
		{"header lines", "OPTIONS * RTSP/1.0\r\n", "X-Flood: yes\r\n", 431},
		{"one header line", "OPTIONS * RTSP/1.0\r\nX-Flood: ", "yes and ", 431},
		{"one request line", "", "GET /////", 414},
		{"empty lines", "", "\r\n", 400},
		{"body of 4 GB", "POST / RTSP/1.0\r\nContent-Length: 4294967296\r\n\r\n", "flooding", 413},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, addr := serveTCP(t, ok)
			c := dialTCP(t, addr)
			poured := make(chan int, 1)
			go func() {
				_, _ = io.WriteString(c, tt.head) // the flood fails as well, then
				poured <- pour(c, bytes.Repeat([]byte(tt.piece), 1000), gigabyte)
			}()
			response, err := rtsp.ReadResponse(bufio.NewReader(c), rtsp.DefaultLimits)
			if err != nil {
				t.Fatalf("no answer: %v", err)
			}
			if response.Status != tt.status || response.Header.Get("Connection") != "close" {
				t.Errorf("want %d and the end, got %+v", tt.status, response)
			}
			if got := <-poured; got > 64<<20 {
				t.Errorf("the server took %d bytes of it", got)
			}
			next := dialTCP(t, addr)
			if _, err := io.WriteString(next, options); err != nil {
				t.Fatal(err)
			}
			if r, err := rtsp.ReadResponse(bufio.NewReader(next), rtsp.DefaultLimits); err != nil || r.Status != rtsp.StatusOK {
				t.Errorf("the next client: %+v, %v", r, err)
			}
		})
	}
}

// Ten thousand connections from one address: eight are served, the rest is
// told so at once, and no memory or goroutine stays with them.
func TestTenThousandConnections(t *testing.T) {
	server, addr := serveTCP(t, ok)
	total := 10_000
	if testing.Short() {
		total = 500
	}
	for range 8 {
		served := dialTCP(t, addr)
		if _, err := io.WriteString(served, options); err != nil {
			t.Fatal(err)
		}
		if r, err := rtsp.ReadResponse(bufio.NewReader(served), rtsp.DefaultLimits); err != nil || r.Status != rtsp.StatusOK {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	goroutines := runtime.NumGoroutine()
	for range total - 8 {
		refused := dialTCP(t, addr)
		r, err := rtsp.ReadResponse(bufio.NewReader(refused), rtsp.DefaultLimits)
		if err != nil || r.Status != rtsp.StatusServiceUnavailable {
			t.Fatalf("%+v, %v", r, err)
		}
		refused.Close()
	}
	if got := runtime.NumGoroutine(); got > goroutines {
		t.Errorf("%d goroutines grew to %d", goroutines, got)
	}
	if got := server.Stats(); got.Open != 8 || got.Refused != uint64(total-8) {
		t.Errorf("stats %+v", got)
	}
}

// Noise, and requests with bytes changed, end connections but not the server.
func TestNoise(t *testing.T) {
	server, addr := serveTCP(t, ok)
	random := rand.New(rand.NewPCG(1, 2))
	request := []byte("ANNOUNCE rtsp://10.0.0.9/1 RTSP/1.0\r\nCSeq: 3\r\nContent-Length: 4\r\n\r\nv=0\n")
	const rounds = 300
	for range rounds {
		in := bytes.Repeat(request, 3)
		for range 1 + random.IntN(20) {
			in[random.IntN(len(in))] = byte(random.Uint32())
		}
		c := dialTCP(t, addr)
		if _, err := c.Write(in); err != nil {
			t.Fatal(err)
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil && !errors.Is(err, net.ErrClosed) {
			continue // reset by the server, which has had enough
		}
		_, _ = io.Copy(io.Discard, c) // ends with the connection, however that ends
		_ = c.Close()
	}
	if got := server.Stats(); got.Malformed == 0 || got.Requests == 0 {
		t.Errorf("neither good nor bad requests among the noise: %+v", got)
	}
}

// An idle connection does not keep the last request's body alive.
func TestIdleConnectionHoldsNoBody(t *testing.T) {
	body := make(chan weak.Pointer[byte], 1)
	_, addr := serveTCP(t, func(r *rtsp.Request) (*rtsp.Response, bool) {
		body <- weak.Make(&r.Body[0])
		return &rtsp.Response{Status: rtsp.StatusOK}, false
	})
	c := dialTCP(t, addr)
	artwork := strings.Repeat("x", 1<<20)
	request := rtsp.Request{Method: "SET_PARAMETER", URI: "*", Body: []byte(artwork)}
	if _, err := c.Write(request.Append(nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := rtsp.ReadResponse(bufio.NewReader(c), rtsp.DefaultLimits); err != nil {
		t.Fatal(err)
	}
	held := <-body
	for range 100 {
		runtime.GC()
		if held.Value() == nil {
			return
		}
	}
	t.Error("the body is still held")
}
