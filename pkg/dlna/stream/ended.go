package stream

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"time"
)

const (
	// endedStreams are remembered, the latest ones.
	endedStreams = 64
	// wantedAfter the end of a stream its player asks for it of a new will:
	// before, it may be at trying to save what it played.
	wantedAfter = 2 * time.Second
	// wantedEvery is the time between two calls of Wanted for one stream.
	wantedEvery = 10 * time.Second
	// wantedPause is how long the answer to such a request waits, for who was told
	// to look at the player: one that got its 404 has often stopped before anybody
	// could see that it tried.
	wantedPause = time.Second
)

// An ended stream is what is remembered of one after Discard.
type ended struct {
	path   string
	peer   netip.Addr // as in Options
	wanted func()
	due    time.Time // from when on a request is told
}

// rememberLocked keeps what is needed to know st again.
func (s *Server) rememberLocked(st *Stream, now time.Time) {
	if st.opts.Wanted == nil {
		return
	}
	s.ended = append(s.ended, &ended{path: st.path, peer: st.opts.Peer, wanted: st.opts.Wanted, due: now.Add(wantedAfter)})
	if len(s.ended) > endedStreams {
		s.ended = slices.Delete(s.ended, 0, 1)
	}
}

// missed looks whether req is a player's that wants an ended stream back, and
// tells who opened it.
func (s *Server) missed(req *http.Request) {
	wanted := s.wanted(req, time.Now())
	if wanted == nil {
		return
	}
	wanted()
	pause(req.Context(), wantedPause)
}

// wanted is whom to tell of req; nil: nobody.
func (s *Server) wanted(req *http.Request, now time.Time) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.ended {
		if e.path != req.URL.Path || now.Before(e.due) || !admits(e.peer, req.RemoteAddr) {
			continue
		}
		e.due = now.Add(wantedEvery)
		return e.wanted
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
