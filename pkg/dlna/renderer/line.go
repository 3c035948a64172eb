package renderer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A line carries requests to one device, one at a time, and keeps count of
// what becomes of them.
type line struct {
	client Client
	slotC  chan struct{} // holds a token while a request is under way

	mu       sync.Mutex // guards all below
	answered time.Time  // when anything last came back
	requests uint64
	faults   uint64
	failures uint64
	inRow    int    // failures in a row
	missed   bool   // there were some since wasSilent was last asked
	reason   string // of the last failure
}

func newLine(client Client) *line {
	return &line{client: client, slotC: make(chan struct{}, 1)}
}

// call performs one action in its turn.
func (l *line) call(ctx context.Context, svc upnp.Service, action string, in, out any) error {
	_, err := l.timed(ctx, svc, action, in, out)
	return err
}

// timed is call, and tells when it was on its way.
func (l *line) timed(ctx context.Context, svc upnp.Service, action string, in, out any) (s stretch, err error) {
	err = l.request(ctx, func() error {
		s.asked = time.Now()
		err := l.client.Call(ctx, svc, action, in, out)
		s.answered = time.Now()
		if err != nil {
			return fmt.Errorf("renderer: %w", err)
		}
		return nil
	})
	return s, err
}

// A stretch is the time between a question and its answer.
type stretch struct{ asked, answered time.Time }

func (s stretch) length() time.Duration { return s.answered.Sub(s.asked) }
func (s stretch) mid() time.Time        { return s.asked.Add(s.length() / 2) }

// describe fetches the SCPD of svc in its turn.
func (l *line) describe(ctx context.Context, svc upnp.Service) (doc *upnp.SCPD, err error) {
	err = l.request(ctx, func() (err error) {
		doc, err = l.client.SCPD(ctx, svc)
		return err
	})
	return doc, err
}

// request waits for its turn, does send and keeps count of its outcome.
func (l *line) request(ctx context.Context, send func() error) error {
	if err := acquire(ctx, l.slotC); err != nil {
		return err
	}
	defer release(l.slotC)
	err := send()
	l.count(ctx, err)
	return err
}

// count sorts the outcome of a request. A fault is an answer too; a request
// that our own caller cancelled tells nothing.
func (l *line) count(ctx context.Context, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests++
	if isFault(err) {
		l.faults++
	}
	switch {
	case answered(err):
		l.inRow = 0
		l.answered = time.Now()
	case !errors.Is(ctx.Err(), context.Canceled):
		l.inRow++
		l.missed = true
		l.failures++
		l.reason = err.Error()
	}
}

// failing is how many requests in a row had no useful answer, and why the
// last had none.
func (l *line) failing() (inRow int, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.inRow, l.reason
}

// wasSilent reports whether the device left anything unanswered since it was
// asked that the last time, or does so now.
func (l *line) wasSilent() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.missed
	l.missed = l.inRow > 0
	return was
}

// stats gives the counters of requests.
func (l *line) stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Stats{Answered: l.answered, Requests: l.requests, Faults: l.faults, Failures: l.failures}
}

// answered reports whether a device that understood us sent the outcome err.
func answered(err error) bool {
	return err == nil || isFault(err) || errors.Is(err, upnp.ErrMalformed)
}

// unreachable reports whether err says that the device sent nothing at all.
func unreachable(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.Canceled)
}

// isFault reports whether err is a UPnP error, of one of these codes if any
// are given.
func isFault(err error, codes ...int) bool {
	var fault *upnp.Fault
	if !errors.As(err, &fault) {
		return false
	}
	for _, code := range codes {
		if fault.Code == code {
			return true
		}
	}
	return len(codes) == 0
}

// acquire takes the token of a turn.
func acquire(ctx context.Context, turnC chan struct{}) error {
	select {
	case turnC <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("renderer: wait for a turn: %w", ctx.Err())
	}
}

func release(turnC chan struct{}) { <-turnC }
