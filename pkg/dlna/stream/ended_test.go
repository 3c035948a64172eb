package stream_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

// answered has the server answer a request as if it came from that peer, and returns
// how long that took.
func answered(ctx context.Context, t *testing.T, s *stream.Server, method, path, peer string) time.Duration {
	t.Helper()
	req := httptest.NewRequestWithContext(ctx, method, path, nil)
	req.RemoteAddr = peer
	begun, w := time.Now(), httptest.NewRecorder()
	s.ServeHTTP(w, req)
	if want, got := http.StatusNotFound, w.Code; want != got {
		t.Errorf("%s %s: want %d, got %d", method, path, want, got)
	}
	return time.Since(begun)
}

// openAndDiscard returns the path of a stream for 192.0.2.1 that was discarded.
func openAndDiscard(s *stream.Server, onLateRequest func()) (path string) {
	opts := wavOptions()
	opts.Peer, opts.OnLateRequest = netip.MustParseAddr("192.0.2.1"), onLateRequest
	st := s.Open(opts)
	st.Discard()
	st.Discard()
	return st.Path()
}

func TestLateRequestIsReported(t *testing.T) {
	const own = "192.0.2.1:4000"
	type lateRequest struct {
		after  time.Duration // the end, or the one before it
		method string
		peer   string
		path   string // added to the stream's own
		want   int    // reports so far
	}
	for _, c := range []struct {
		name     string
		requests []lateRequest
	}{
		{"its player", []lateRequest{{3 * time.Second, "GET", own, "", 1}}},
		{"its player, with HEAD", []lateRequest{{3 * time.Second, "HEAD", own, "", 1}}},
		{"written as an IPv6 address", []lateRequest{{3 * time.Second, "GET", "[::ffff:192.0.2.1]:4000", "", 1}}},
		{"right after the end: it tries to continue", []lateRequest{
			{0, "GET", own, "", 0},
			{1999 * time.Millisecond, "GET", own, "", 0},
			{time.Millisecond, "GET", own, "", 1},
		}},
		{"another host", []lateRequest{{3 * time.Second, "GET", "192.0.2.2:4000", "", 0}}},
		{"another path", []lateRequest{{3 * time.Second, "GET", own, "x", 0}}},
		{"again and again", []lateRequest{
			{3 * time.Second, "GET", own, "", 1},
			{8900 * time.Millisecond, "GET", own, "", 1}, // the answer took one second
			{100 * time.Millisecond, "GET", own, "", 2},
			{time.Hour, "GET", own, "", 3},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, reports := stream.New(stream.ServerOptions{}), 0
				path := openAndDiscard(s, func() { reports++ })
				for i, a := range c.requests {
					time.Sleep(a.after)
					before := reports
					took := answered(t.Context(), t, s, a.method, path+a.path, a.peer)
					if reports != a.want {
						t.Errorf("request %d: want %d reports, got %d", i, a.want, reports)
					}
					if waited := took == time.Second; waited != (reports > before) {
						t.Errorf("request %d: reported %v, and the answer took %v", i, reports > before, took)
					}
				}
			})
		})
	}
}

// Requests for a stream that is open are not late.
func TestRequestForAnOpenStreamIsNotLate(t *testing.T) {
	s, addr := serve(t, stream.ServerOptions{})
	opts := wavOptions()
	opts.OnLateRequest = func() { t.Error("reported of an open stream") }
	st := s.Open(opts)
	defer st.Discard()
	_, r := request(t, addr, "HEAD "+st.Path()+" HTTP/1.1\r\nHost: x\r\n\r\n")
	head(t, r)
}

// The list of ended streams is bounded: the oldest is forgotten, the others are not.
func TestEndedStreamsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, reports := stream.New(stream.ServerOptions{}), map[int]int{}
		var paths []string
		for i := range 65 {
			paths = append(paths, openAndDiscard(s, func() { reports[i]++ }))
		}
		time.Sleep(3 * time.Second)
		for i, path := range paths {
			answered(t.Context(), t, s, "GET", path, "192.0.2.1:4000")
			if want, got := min(i, 1), reports[i]; want != got {
				t.Errorf("stream %d of 65: want %d reports, got %d", i, want, got)
			}
		}
	})
}

// The pause before the answer ends when the player hangs up.
func TestLateRequestEndsWithItsPlayer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stream.New(stream.ServerOptions{})
		path := openAndDiscard(s, func() {})
		time.Sleep(3 * time.Second)
		ctx, hangUp := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer hangUp()
		if want, got := 100*time.Millisecond, answered(ctx, t, s, "GET", path, "192.0.2.1:4000"); want != got {
			t.Errorf("want the answer's end after %v, got %v", want, got)
		}
	})
}
