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
	// endedStreams is how many ended streams are remembered.
	endedStreams = 64
	// lateRequestAfter is the time after the end of a stream in which requests are
	// ignored: the player may still be trying to continue what it played.
	lateRequestAfter = 2 * time.Second
	// lateRequestEvery is the time between two calls of OnLateRequest for one stream.
	lateRequestEvery = 10 * time.Second
	// lateRequestPause is how long the answer to such a request waits, so that the
	// renderer's state can be read meanwhile: after its 404 a player has often stopped
	// before we could see that it tried to play.
	lateRequestPause = time.Second
)

// endedList remembers the streams that were discarded, to recognize players that
// request them again.
type endedList struct {
	mu    sync.Mutex // guards ended
	ended []*ended   // the oldest first
}

// An ended stream is what is remembered of one after Discard.
type ended struct {
	path          string
	peer          netip.Addr // as in Options
	onLateRequest func()
	due           time.Time // requests are reported from then on
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

// report calls OnLateRequest if req is the player's request for an ended stream, and
// then pauses.
func (l *endedList) report(req *http.Request) {
	onLateRequest := l.match(req, time.Now())
	if onLateRequest == nil {
		return
	}
	onLateRequest()
	pause(req.Context(), lateRequestPause)
}

// match is the OnLateRequest to call for req; nil: none.
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
