package stream

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// endedStreams are remembered, the latest ones.
	endedStreams = 64
	// lateRequestAfter the end of a stream its player requests it of a new will:
	// before, it may be trying to continue what it played.
	lateRequestAfter = 2 * time.Second
	// lateRequestEvery is the time between two calls of OnLateRequest for one stream.
	lateRequestEvery = 10 * time.Second
	// lateRequestPause is how long the answer to such a request waits, for the player
	// to be looked at meanwhile: one that got its 404 has often stopped before
	// anybody could see that it tried.
	lateRequestPause = time.Second
)

// endedList remembers the streams that were discarded, for the players that request
// them again.
type endedList struct {
	mu    sync.Mutex // guards ended
	ended []*ended   // the oldest first
}

// An ended stream is what is remembered of one after Discard.
type ended struct {
	path          string
	peer          netip.Addr // as in Options
	onLateRequest func()
	due           time.Time // from when on a request is reported
}

// add remembers the stream that was served at path.
func (l *endedList) add(path string, opts Options, now time.Time) {
	if opts.OnLateRequest == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = append(l.ended, &ended{path: path, peer: opts.Peer, onLateRequest: opts.OnLateRequest, due: now.Add(lateRequestAfter)})
	if len(l.ended) > endedStreams {
		l.ended = slices.Delete(l.ended, 0, 1)
	}
}

// report calls OnLateRequest where req is a player's for an ended stream, and pauses
// then.
func (l *endedList) report(req *http.Request) {
	onLateRequest := l.match(req, time.Now())
	if onLateRequest == nil {
		return
	}
	onLateRequest()
	pause(req.Context(), lateRequestPause)
}

// match is what to call for req; nil: nothing.
func (l *endedList) match(req *http.Request, now time.Time) func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.ended {
		if e.path != req.URL.Path || now.Before(e.due) || !admits(e.peer, req.RemoteAddr) {
			continue
		}
		e.due = now.Add(lateRequestEvery)
		return e.onLateRequest
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
