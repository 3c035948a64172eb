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

// asks has a request answered as if it came from that peer, and gives how long
// that took.
func asks(ctx context.Context, t *testing.T, s *stream.Server, method, path, peer string) time.Duration {
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

// endedOne is a stream of 192.0.2.1's that was discarded just now.
func endedOne(s *stream.Server, onLateRequest func()) (path string) {
	opts := wavOptions()
	opts.Peer, opts.OnLateRequest = netip.MustParseAddr("192.0.2.1"), onLateRequest
	st := s.Open(opts)
	st.Discard()
	st.Discard()
	return st.Path()
}

func TestEndedStreamIsWanted(t *testing.T) {
	const own = "192.0.2.1:4000"
	type ask struct {
		after  time.Duration // the end, or the one before it
		method string
		peer   string
		path   string // added to the stream's own
		want   int    // times that it was told, so far
	}
	for _, c := range []struct {
		name string
		asks []ask
	}{
		{"its player", []ask{{3 * time.Second, "GET", own, "", 1}}},
		{"its player looks first", []ask{{3 * time.Second, "HEAD", own, "", 1}}},
		{"written as an IPv6 address", []ask{{3 * time.Second, "GET", "[::ffff:192.0.2.1]:4000", "", 1}}},
		{"at once: it saves what it played", []ask{{0, "GET", own, "", 0}, {1999 * time.Millisecond, "GET", own, "", 0}, {time.Millisecond, "GET", own, "", 1}}},
		{"another host", []ask{{3 * time.Second, "GET", "192.0.2.2:4000", "", 0}}},
		{"another path", []ask{{3 * time.Second, "GET", own, "x", 0}}},
		{"again and again", []ask{
			{3 * time.Second, "GET", own, "", 1},
			{8900 * time.Millisecond, "GET", own, "", 1}, // the answer took one second
			{100 * time.Millisecond, "GET", own, "", 2},
			{time.Hour, "GET", own, "", 3},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, told := stream.New(stream.ServerOptions{}), 0
				path := endedOne(s, func() { told++ })
				for i, a := range c.asks {
					time.Sleep(a.after)
					before := told
					took := asks(t.Context(), t, s, a.method, path+a.path, a.peer)
					if told != a.want {
						t.Errorf("request %d: want it told %d times, got %d", i, a.want, told)
					}
					if waited := took == time.Second; waited != (told > before) {
						t.Errorf("request %d: told %v, and the answer took %v", i, told > before, took)
					}
				}
			})
		})
	}
}

// While a stream is open its player's requests are no wish for its return.
func TestOpenStreamIsNotMissed(t *testing.T) {
	s, addr := serve(t, stream.ServerOptions{})
	opts := wavOptions()
	opts.OnLateRequest = func() { t.Error("told of an open stream") }
	st := s.Open(opts)
	defer st.Discard()
	_, r := request(t, addr, "HEAD "+st.Path()+" HTTP/1.1\r\nHost: x\r\n\r\n")
	head(t, r)
}

// The memory is bounded: the oldest is forgotten, the others are not.
func TestEndedStreamsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, told := stream.New(stream.ServerOptions{}), map[int]int{}
		var paths []string
		for i := range 65 {
			paths = append(paths, endedOne(s, func() { told[i]++ }))
		}
		time.Sleep(3 * time.Second)
		for i, path := range paths {
			asks(t.Context(), t, s, "GET", path, "192.0.2.1:4000")
			if want, got := min(i, 1), told[i]; want != got {
				t.Errorf("stream %d of 65: want it told %d times, got %d", i, want, got)
			}
		}
	})
}

// A player that hangs up is not waited for.
func TestWhoWantsAnEndedStreamMayGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stream.New(stream.ServerOptions{})
		path := endedOne(s, func() {})
		time.Sleep(3 * time.Second)
		ctx, hangUp := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer hangUp()
		if want, got := 100*time.Millisecond, asks(ctx, t, s, "GET", path, "192.0.2.1:4000"); want != got {
			t.Errorf("want the answer's end after %v, got %v", want, got)
		}
	})
}
