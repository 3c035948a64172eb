package conn_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A client answers each action with an error after some time.
type client struct {
	err   error
	delay time.Duration
}

func (c *client) Call(ctx context.Context, _ upnp.Service, _ string, _, _ any) error {
	select {
	case <-time.After(c.delay):
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *client) SCPD(context.Context, upnp.Service) (*upnp.SCPD, error) { return nil, c.err }

// What becomes of requests, one after the other.
func TestCounts(t *testing.T) {
	peer := &client{}
	c := conn.New(peer)
	steps := []struct {
		name     string
		err      error
		want     conn.Stats
		failures int
		missed   bool
	}{
		{"success", nil, conn.Stats{Requests: 1}, 0, false},
		{"a fault is an answer", &upnp.Fault{Code: 701}, conn.Stats{Requests: 2, Refused: 1}, 0, false},
		{"no answer", io.EOF, conn.Stats{Requests: 3, Refused: 1, Failed: 1}, 1, true},
		{"again", io.EOF, conn.Stats{Requests: 4, Refused: 1, Failed: 2}, 2, true},
		{"a malformed answer is one; the miss is reported once more", upnp.ErrMalformed, conn.Stats{Requests: 5, Refused: 1, Failed: 2}, 0, true},
		{"all well", nil, conn.Stats{Requests: 6, Refused: 1, Failed: 2}, 0, false},
	}
	for _, s := range steps {
		peer.err = s.err
		if err := c.Call(t.Context(), upnp.Service{}, "Play", nil, nil); !errors.Is(err, s.err) {
			t.Errorf("%s: want %v, got %v", s.name, s.err, err)
		}
		failures, _ := c.Failing()
		if got := c.Stats(); got != s.want || failures != s.failures {
			t.Errorf("%s: want %+v, %d failures, got %+v, %d", s.name, s.want, s.failures, got, failures)
		}
		if got := c.TakeMissed(); got != s.missed {
			t.Errorf("%s: want missed %v, got %v", s.name, s.missed, got)
		}
	}
}

// Requests wait for each other, and whoever waits can give up.
func TestOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := conn.New(&client{delay: time.Minute})
		trips := make(chan conn.Trip, 2)
		for range 2 {
			go func() {
				trip, err := c.TimedCall(t.Context(), upnp.Service{}, "Play", nil, nil)
				if err != nil {
					t.Error(err)
				}
				trips <- trip
			}()
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Call(ctx, upnp.Service{}, "Stop", nil, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("want the deadline, got %v", err)
		}
		first, second := <-trips, <-trips
		if second.Asked.Before(first.Answered) || second.Answered.Sub(second.Asked) != time.Minute {
			t.Errorf("want one after the other, got %v and %v", first, second)
		}
		if got := c.Stats(); got.Requests != 2 || got.Failed != 0 {
			t.Errorf("want two requests and no failure, got %+v", got)
		}
	})
}
