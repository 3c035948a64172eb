package stream_test

import (
	"bufio"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

const (
	packetFrames = 352
	frameBytes   = 4        // of the sound in these tests
	ownBuffer    = 32 << 10 // of a test's connection in the kernel, asked for; it takes some times that
)

// writeFrames writes packets of sound.
func writeFrames(t *testing.T, st *stream.Stream, packets int) {
	t.Helper()
	for range packets {
		if err := st.Write(make([]byte, packetFrames*frameBytes), packetFrames); err != nil {
			t.Fatal(err)
		}
	}
}

// eventually calls look until it likes what it sees; for long: a machine under
// load is no fault.
func eventually(t *testing.T, what string, look func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !look(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestBacklogOfASlowReader: what a reader has not read is in the ring, in the
// kernel of our side or in that of its own; the last is fetched already.
func TestBacklogOfASlowReader(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells what a connection has not sent")
	}
	s, addr := serve(t, stream.ServerOptions{})
	st := s.Open(wavOptions())
	defer st.Discard()
	if _, ok := st.Backlog(); ok {
		t.Fatal("a backlog without a reader")
	}

	conn, r := request(t, addr, get(st.Path()))
	if err := conn.(*net.TCPConn).SetReadBuffer(ownBuffer); err != nil {
		t.Fatal(err)
	}
	head(t, r)
	wantBytes(t, r, string(wavHeader))
	read := 0
	take := func(frames int) {
		t.Helper()
		if _, err := io.CopyN(io.Discard, r, int64(frames*frameBytes)); err != nil {
			t.Fatal(err)
		}
		read += frames
	}
	writeFrames(t, st, 100)
	take(100 * packetFrames)
	eventually(t, "nothing waits for a reader that keeps up", func() bool {
		frames, ok := st.Backlog()
		return ok && frames == 0
	})

	written := 100
	for ; written < 1000; written++ {
		writeFrames(t, st, 1)
		take(packetFrames / 2)
	}
	want := int64(written*packetFrames - read)
	least := want - 4*ownBuffer/frameBytes // what its side may hold unread
	eventually(t, "half of the sound waits", func() bool {
		frames, ok := st.Backlog()
		return ok && least <= frames && frames <= want
	})
	take(int(want))
	eventually(t, "nothing waits after it caught up", func() bool {
		frames, ok := st.Backlog()
		return ok && frames == 0
	})
	stats := st.Stats()
	if all := int64(written * packetFrames); stats.FramesWritten != all || stats.FramesTaken != all {
		t.Errorf("want %d frames written and taken, got %+v", all, stats)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the reader is gone", func() bool {
		writeFrames(t, st, 1)
		_, ok := st.Backlog()
		return !ok
	})
}

// TestBacklogIsThatOfThePlayer: of two readers the one that is furthest counts,
// a probe does not.
func TestBacklogIsThatOfThePlayer(t *testing.T) {
	s, addr := serve(t, stream.ServerOptions{})
	opts := wavOptions()
	opts.Codec, opts.Header = audio.L16, nil
	st := s.Open(opts)
	defer st.Discard()
	writeFrames(t, st, 20)
	_, probe := request(t, addr, get(st.Path(), "Range: bytes=0-99999999"))
	head(t, probe)
	eventually(t, "the probe is a reader", func() bool { return st.Stats().Readers == 1 })
	if frames, ok := st.Backlog(); ok {
		t.Errorf("a probe has a backlog of %d", frames)
	}
	var readers [2]*bufio.Reader
	for i := range readers {
		_, readers[i] = request(t, addr, get(st.Path()))
		head(t, readers[i])
	}
	eventually(t, "both fetch all", func() bool { frames, ok := st.Backlog(); return ok && frames == 0 })
	writeFrames(t, st, 1000) // readers[1] reads nothing of it
	if _, err := io.CopyN(io.Discard, readers[0], 1020*packetFrames*frameBytes); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the one that reads counts", func() bool { frames, ok := st.Backlog(); return ok && frames == 0 })
}
