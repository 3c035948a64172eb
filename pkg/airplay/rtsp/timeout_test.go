package rtsp_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

func TestIdleTimeout(t *testing.T) {
	tests := []struct {
		name  string
		alive int // how often Alive says so
		want  time.Duration
	}{
		{"silent", 0, 120 * time.Second},
		{"audio flows", 1, 240 * time.Second},
		{"audio flows for long", 30, 31 * 120 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				f := start(t, rtsp.ServerOptions{Alive: func(rtsp.Handler) bool {
					asked++
					return asked <= tt.alive
				}})
				defer f.stop(t)
				c := f.dial("10.0.0.5:40000")
				defer c.Close()
				c.send(options)
				c.mustReceive(t, rtsp.StatusOK)
				begin := time.Now()
				c.mustEnd(t)
				if got := time.Since(begin); got != tt.want {
					t.Errorf("want the end after %v, got %v", tt.want, got)
				}
				if errs := f.errors(); errs != nil {
					t.Errorf("an idle end is no error: %v", errs)
				}
			})
		})
	}
}

// A connection still answers after Alive has prolonged its wait.
func TestIdleTimeoutProlonged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, rtsp.ServerOptions{Alive: func(rtsp.Handler) bool { return true }})
		defer f.stop(t)
		c := f.dial("10.0.0.5:40000")
		defer c.Close()
		<-time.After(time.Hour)
		c.send(options)
		c.mustReceive(t, rtsp.StatusOK)
	})
}

// One byte a second: the whole request has ten seconds, not each byte.
func TestRequestTimeout(t *testing.T) {
	for name, in := range map[string]string{
		"in the request line": "OPTIONS rtsp://10.0.0.9/a-long-one RTSP/1.0\r\n",
		"in the header":       "A * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 100\r\n",
		"in the empty lines":  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := start(t, rtsp.ServerOptions{RequestTimeout: 5500 * time.Millisecond})
				defer f.stop(t)
				c := f.dial("10.0.0.5:40000")
				defer c.Close()
				begin := time.Now()
				dripped := make(chan struct{})
				defer func() { <-dripped }()
				go func() {
					defer close(dripped)
					for i := range in {
						if _, err := c.Write([]byte{in[i]}); err != nil {
							return
						}
						<-time.After(time.Second)
					}
				}()
				c.mustReceive(t, rtsp.StatusRequestTimeout)
				c.mustEnd(t)
				if got, want := time.Since(begin), 5500*time.Millisecond; got != want {
					t.Errorf("want the end after %v, got %v", want, got)
				}
				if errs := f.errors(); len(errs) != 1 || !errors.Is(errs[0], os.ErrDeadlineExceeded) {
					t.Errorf("want a missed deadline reported, got %v", errs)
				}
			})
		})
	}
}

// A body that stops coming ends the connection after ten seconds.
func TestRequestTimeoutInBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, rtsp.ServerOptions{})
		defer f.stop(t)
		c := f.dial("10.0.0.5:40000")
		defer c.Close()
		begin := time.Now()
		c.send("SET_PARAMETER * RTSP/1.0\r\nContent-Length: 1000000\r\n\r\nabc")
		c.mustReceive(t, rtsp.StatusRequestTimeout)
		if got, want := time.Since(begin), 10*time.Second; got != want {
			t.Errorf("want the answer after %v, got %v", want, got)
		}
	})
}

// A peer that asks and never reads is dropped when its answer has waited for
// ten seconds.
func TestPeerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, rtsp.ServerOptions{})
		defer f.stop(t)
		c := f.dial("10.0.0.5:40000")
		defer c.Close()
		c.send(options)
		<-time.After(10*time.Second + 1)
		synctest.Wait()
		if open := f.server.Stats().Open; open != 0 {
			t.Errorf("%d connections open", open)
		}
	})
}

// After its last answer the server drains what is under way, for half a
// second or 256 KiB, so that the kernel does not reset the connection before
// the peer has read the answer.
func TestLinger(t *testing.T) {
	const drained = 256 << 10
	for name, in := range map[string]string{
		"after TEARDOWN":    "TEARDOWN * RTSP/1.0\r\n\r\n",
		"after a rejection": "POST / RTSP/1.0\r\nContent-Length: 4294967296\r\n\r\n",
	} {
		for more, want := range map[int]time.Duration{0: 500 * time.Millisecond, 1000: 500 * time.Millisecond, drained: 0} {
			t.Run(fmt.Sprintf("%s, %d bytes more", name, more), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := start(t, rtsp.ServerOptions{})
					defer f.stop(t)
					c := f.dialHalf("10.0.0.5:40000")
					defer c.Close()
					begin := time.Now()
					c.send(in)
					if _, err := c.receive(); err != nil {
						t.Fatal(err)
					}
					if n, err := c.Write(make([]byte, more)); n != more || err != nil {
						t.Errorf("%d of %d bytes drained: %v", n, more, err)
					}
					c.mustEnd(t)
					if got := time.Since(begin); got != want {
						t.Errorf("want the end after %v, got %v", want, got)
					}
					if got := c.served.written(); len(got) != 2 || got[1] != "CloseWrite" {
						t.Errorf("want an answer and CloseWrite, got %q", got)
					}
				})
			})
		}
	}
}
