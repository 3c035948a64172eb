package rtsp_test

import (
	"errors"
	"net"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

const options = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"

func TestServerAnswers(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string // one Write each
		ends     bool     // the server closes after them
	}{
		{"request", options, []string{
			"RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: AirTunes/105.1\r\nX-Method: OPTIONS\r\nX-Body-Bytes: 0\r\nContent-Length: 0\r\n\r\n",
		}, false},
		{"CSeq verbatim", "OPTIONS * RTSP/1.0\r\ncseq:  007 abc\r\n\r\n", []string{
			"RTSP/1.0 200 OK\r\nCSeq: 007 abc\r\nServer: AirTunes/105.1\r\nX-Method: OPTIONS\r\nX-Body-Bytes: 0\r\nContent-Length: 0\r\n\r\n",
		}, false},
		{"no CSeq", "OPTIONS * RTSP/1.0\r\n\r\n", []string{
			"RTSP/1.0 200 OK\r\nServer: AirTunes/105.1\r\nX-Method: OPTIONS\r\nX-Body-Bytes: 0\r\nContent-Length: 0\r\n\r\n",
		}, false},
		{"handler closes", "TEARDOWN  RTSP/1.0\r\nCSeq: 7\r\n\r\n" + options, []string{
			"RTSP/1.0 200 OK\r\nCSeq: 7\r\nServer: AirTunes/105.1\r\nX-Method: TEARDOWN\r\nX-Body-Bytes: 0\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
		}, true},
		{"plain HTTP", "GET / HTTP/1.1\r\nHost: 10.0.0.9:5000\r\n\r\n", []string{
			"RTSP/1.0 200 OK\r\nServer: AirTunes/105.1\r\nX-Method: GET\r\nX-Body-Bytes: 0\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
		}, true},
		{"a sender's HTTP", "POST /auth-setup HTTP/1.1\r\nCSeq: 3\r\nContent-Length: 1\r\n\r\n\x01", []string{
			"RTSP/1.0 200 OK\r\nCSeq: 3\r\nServer: AirTunes/105.1\r\nX-Method: POST\r\nX-Body-Bytes: 1\r\nContent-Length: 0\r\n\r\n",
		}, false},
		{"malformed", "hello\r\n" + options, []string{
			"RTSP/1.0 400 Bad Request\r\nServer: AirTunes/105.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
		}, true},
		{"malformed after a good one", options + "OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n?\r\n\r\n", []string{
			"RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: AirTunes/105.1\r\nX-Method: OPTIONS\r\nX-Body-Bytes: 0\r\nContent-Length: 0\r\n\r\n",
			"RTSP/1.0 400 Bad Request\r\nCSeq: 2\r\nServer: AirTunes/105.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
		}, true},
		{"4 GB", "SET_PARAMETER * RTSP/1.0\r\nCSeq: 4\r\nContent-Length: 4294967296\r\n\r\n", []string{
			"RTSP/1.0 413 Content Too Large\r\nCSeq: 4\r\nServer: AirTunes/105.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := start(t, rtsp.ServerOptions{})
				defer f.stop(t)
				c := f.dial("10.0.0.5:40000")
				defer c.Close()
				c.send(tt.in)
				for range tt.want {
					if _, err := c.receive(); err != nil {
						t.Fatal(err)
					}
				}
				if tt.ends {
					c.mustEnd(t)
				}
				synctest.Wait()
				if got := c.served.written(); !reflect.DeepEqual(tt.want, got) {
					t.Errorf("want %q\ngot  %q", tt.want, got)
				}
				if open := f.server.Stats().Open; (open == 0) != tt.ends {
					t.Errorf("%d connections open", open)
				}
			})
		})
	}
}

// A whole recorded dialogue arrives in one piece and is answered in order.
func TestServerPipelining(t *testing.T) {
	content, err := os.ReadFile("testdata/airtunes2-metadata.rtsp")
	if err != nil {
		t.Fatal(err)
	}
	want := dialogues["airtunes2-metadata"]
	synctest.Test(t, func(t *testing.T) {
		f := start(t, rtsp.ServerOptions{})
		defer f.stop(t)
		c := f.dial("10.0.0.5:40000")
		defer c.Close()
		c.send(string(content))
		for _, line := range want {
			got := c.mustReceive(t, rtsp.StatusOK).Header
			if got.Get("CSeq") != line.cseq || got.Get("X-Method") != line.method {
				t.Errorf("want %v, got %v", line, got)
			}
		}
		c.mustEnd(t)
		if got := f.server.Stats(); got.Requests != uint64(len(want)) || got.Malformed != 0 {
			t.Errorf("stats %+v", got)
		}
	})
}

func TestServerPeer(t *testing.T) {
	tests := []struct{ name, remote, want string }{
		{"IPv4", "10.0.0.5:40000", "10.0.0.5:40000"},
		{"IPv4 mapped", "[::ffff:10.0.0.5]:40000", "10.0.0.5:40000"},
		{"IPv6 with zone", "[fe80::1%eth0]:40000", "[fe80::1%eth0]:40000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := start(t, rtsp.ServerOptions{})
				c := f.dial(tt.remote)
				defer c.Close()
				c.send(options)
				c.mustReceive(t, rtsp.StatusOK)
				f.stop(t)
				if got := f.peers[0]; got.Remote.String() != tt.want || got.Local.String() != "10.0.0.9:5000" {
					t.Errorf("want %s, got %+v", tt.want, got)
				}
			})
		})
	}
}

func TestServerRefusesTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, rtsp.ServerOptions{MaxConns: 3, MaxConnsPerRemote: 2, Keep: func(rtsp.Handler) bool { return true }})
		defer f.stop(t)
		settle := func(remote string) *client {
			c := f.dial(remote)
			c.send(options)
			c.mustReceive(t, rtsp.StatusOK)
			synctest.Wait()
			return c
		}
		first := settle("10.0.0.5:1")
		defer settle("10.0.0.5:2").Close()
		sameRemote := f.dial("10.0.0.5:3")
		sameRemote.mustReceive(t, rtsp.StatusServiceUnavailable)
		sameRemote.mustEnd(t)
		defer settle("10.0.0.6:1").Close()
		full := f.dial("10.0.0.7:1")
		full.mustReceive(t, rtsp.StatusServiceUnavailable)
		full.mustEnd(t)

		first.Close()
		synctest.Wait()
		defer settle("10.0.0.5:4").Close()
		if got := f.server.Stats(); got.Open != 3 || got.Accepted != 4 || got.Refused != 2 {
			t.Errorf("stats %+v", got)
		}
		for _, err := range f.errors() {
			if !errors.Is(err, rtsp.ErrTooManyConns) {
				t.Errorf("want ErrTooManyConns, got %v", err)
			}
		}
	})
}

// Who holds connections keeps nobody out: the one that is quiet for longest makes
// room, but none that is kept, nor for one of an address that has enough.
func TestServerMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keep := ""
		f := start(t, rtsp.ServerOptions{MaxConns: 3, MaxConnsPerRemote: 2, Keep: func(rtsp.Handler) bool { return keep == "now" }})
		defer f.stop(t)
		ask := func(c *client) {
			c.send(options)
			c.mustReceive(t, rtsp.StatusOK)
			synctest.Wait()
		}
		enter := func(remote string) *client {
			c := f.dial(remote)
			t.Cleanup(func() { _ = c.Close() })
			synctest.Wait()
			return c
		}
		kept := enter("10.0.0.5:1")
		keep = "now"
		ask(kept)
		keep = ""
		busy, quiet := enter("10.0.0.5:2"), enter("10.0.0.6:1")
		ask(busy)
		f.dial("10.0.0.5:3").mustReceive(t, rtsp.StatusServiceUnavailable)
		newcomer := enter("10.0.0.7:1")
		quiet.mustEnd(t)
		ask(newcomer)
		last := enter("10.0.0.8:1")
		busy.mustEnd(t)
		for _, c := range []*client{kept, newcomer, last} {
			ask(c)
		}
		if got := f.server.Stats(); got.Open != 3 || got.Accepted != 5 || got.Refused != 1 || got.Displaced != 2 {
			t.Errorf("stats %+v", got)
		}
		if got := len(f.errors()); got != 3 {
			t.Errorf("want the refused and the displaced reported, got %v", f.errors())
		}
	})
}

// Conn.Close ends a connection that waits for a request, for the rest of one,
// or for the peer to take its answer.
func TestConnClose(t *testing.T) {
	for name, sent := range map[string]string{
		"idle":             "",
		"within a header":  "OPTIONS * RTSP/1.0\r\nCS",
		"within a body":    "POST / RTSP/1.0\r\nContent-Length: 9\r\n\r\n1234",
		"while it answers": options,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := start(t, rtsp.ServerOptions{})
				c := f.dial("10.0.0.5:40000")
				defer c.Close()
				c.send(sent)
				synctest.Wait()
				for range 3 {
					if err := f.conns[0].Close(); err != nil {
						t.Errorf("Close: %v", err)
					}
				}
				synctest.Wait()
				if open, closed := f.server.Stats().Open, f.closed.Load(); open != 0 || closed != 1 {
					t.Errorf("%d open, Closed called %d times", open, closed)
				}
				if errs := f.errors(); errs != nil {
					t.Errorf("reported as the peer's fault: %v", errs)
				}
				f.stop(t)
			})
		})
	}
}

// The end of ctx ends connections in every state.
func TestServeEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, rtsp.ServerOptions{})
		for _, sent := range []string{"", "OPTIONS * RT", options, options + options} {
			c := f.dial("10.0.0.5:40000")
			defer c.Close()
			c.send(sent)
		}
		synctest.Wait()
		f.stop(t)
	})
}

func TestServeListenerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, rtsp.ServerOptions{})
		defer f.cancel()
		c := f.dial("10.0.0.5:40000")
		defer c.Close()
		f.listener.errs <- syscall.EMFILE // passes
		c.send(options)
		c.mustReceive(t, rtsp.StatusOK)
		f.listener.Close() // does not
		if err := <-f.served; !errors.Is(err, net.ErrClosed) {
			t.Errorf("want net.ErrClosed, got %v", err)
		}
		c.mustEnd(t)
		if errs := f.errors(); len(errs) != 1 || !errors.Is(errs[0], syscall.EMFILE) {
			t.Errorf("want EMFILE reported, got %v", errs)
		}
	})
}

func TestNewServerNeedsHandler(t *testing.T) {
	defer func() {
		if got := recover(); got == nil || !strings.Contains(got.(string), "NewHandler") {
			t.Errorf("want a panic that names NewHandler, got %v", got)
		}
	}()
	rtsp.NewServer(rtsp.ServerOptions{})
}
