// Package conn sends requests to one UPnP device: one at a time, since many devices
// cannot serve two, and counted by outcome.
package conn

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A Client sends requests to devices; *upnp.Client is one.
type Client interface {
	Call(ctx context.Context, svc upnp.Service, action string, in, out any) error
	SCPD(ctx context.Context, svc upnp.Service) (*upnp.SCPD, error)
}

// A Conn sends requests to one device. Its methods may be called by any goroutine.
type Conn struct {
	client Client
	turn   Turn // of the request that is under way

	mu       sync.Mutex // guards all below
	stats    Stats
	failures int    // in a row
	missed   bool   // a request failed since TakeMissed was last called
	reason   string // of the last failure
}

// Stats counts the requests to a device.
type Stats struct {
	Requests uint64
	Refused  uint64 // answered with a UPnP error
	Failed   uint64 // without a useful answer
}

// New makes a Conn. It sends nothing.
func New(client Client) *Conn { return &Conn{client: client, turn: NewTurn()} }

// Call performs one action of svc when it is its turn; in and out are those of
// upnp.Client.
func (c *Conn) Call(ctx context.Context, svc upnp.Service, action string, in, out any) error {
	_, err := c.TimedCall(ctx, svc, action, in, out)
	return err
}

// A Trip is when a request was on its way.
type Trip struct{ Asked, Answered time.Time }

// TimedCall is like Call, and also returns the times of request and answer.
func (c *Conn) TimedCall(ctx context.Context, svc upnp.Service, action string, in, out any) (t Trip, err error) {
	err = c.request(ctx, func() error {
		t.Asked = time.Now()
		err := c.client.Call(ctx, svc, action, in, out)
		t.Answered = time.Now()
		if err != nil {
			return fmt.Errorf("renderer: %w", err)
		}
		return nil
	})
	return t, err
}

// SCPD fetches the description of svc in its turn.
func (c *Conn) SCPD(ctx context.Context, svc upnp.Service) (doc *upnp.SCPD, err error) {
	err = c.request(ctx, func() (err error) {
		doc, err = c.client.SCPD(ctx, svc)
		return err
	})
	return doc, err
}

// request waits for its turn, sends and counts the outcome.
func (c *Conn) request(ctx context.Context, send func() error) error {
	if err := c.turn.Take(ctx); err != nil {
		return err
	}
	defer c.turn.Release()
	err := send()
	c.count(ctx, err)
	return err
}

// count counts the outcome of a request. A fault counts as an answer; a request that
// our own caller cancelled is not counted.
func (c *Conn) count(ctx context.Context, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Requests++
	if IsFault(err) {
		c.stats.Refused++
	}
	switch {
	case Answered(err):
		c.failures = 0
	case !errors.Is(ctx.Err(), context.Canceled):
		c.failures++
		c.missed = true
		c.stats.Failed++
		c.reason = err.Error()
	}
}

// Failing is how many requests in a row had no useful answer, and the reason of the
// last failure.
func (c *Conn) Failing() (inRow int, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failures, c.reason
}

// TakeMissed reports whether the device left a request unanswered since the
// last call, or does so now.
func (c *Conn) TakeMissed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.missed
	c.missed = c.failures > 0
	return was
}

// Stats returns the counts so far.
func (c *Conn) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}
