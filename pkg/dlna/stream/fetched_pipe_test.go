package stream_test

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

// TestFetchedWithoutTCP: of a connection that no kernel tells about, what it took
// counts as fetched; of a probe for a piece nothing does, nor of a player that is
// gone.
func TestFetchedWithoutTCP(t *testing.T) {
	bubble(t, func(t *testing.T, s *stream.Server, p *pipes) {
		st := s.Open(wavOptions())
		defer st.Discard()
		play := func(asked string, header ...string) net.Conn {
			conn, r := p.request(t, get(st.Path(), header...))
			head(t, r)
			go func(r *bufio.Reader) { _, _ = io.Copy(io.Discard, r) }(r) // until conn is closed
			for range 600 {
				if err := st.Write(make([]byte, 40), 10); err != nil {
					t.Fatal(asked, err)
				}
				time.Sleep(10 * time.Millisecond)
			}
			return conn
		}
		probe := play("probe", "Range: bytes=0-99999999")
		if f, ok := st.Fetched(); ok {
			t.Errorf("want nothing of a probe, got %+v", f)
		}
		if err := probe.Close(); err != nil {
			t.Error(err)
		}
		player := play("player")
		f, ok := st.Fetched()
		written := st.Stats().FramesWritten - int64(time.Since(f.At)/(10*time.Millisecond))*10
		if off := int64(f.Frames) - written; !ok || off < -20 || off > 20 {
			t.Errorf("want %d frames fetched, got %+v, %v", written, f, ok)
		}
		if err := player.Close(); err != nil {
			t.Error(err)
		}
		if err := st.Write(make([]byte, 40), 10); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		if f, ok := st.Fetched(); ok {
			t.Errorf("want nothing of a player that is gone, got %+v", f)
		}
	})
}
