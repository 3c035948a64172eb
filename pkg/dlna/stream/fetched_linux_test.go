package stream_test

import (
	"bufio"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

const (
	packetFrames = 352
	frameBytes   = 4 // of the sound in these tests
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

// dialSmall connects with a receive buffer of so many bytes.
func dialSmall(t *testing.T, addr string, bytes int) net.Conn {
	t.Helper()
	dialer := net.Dialer{Timeout: 10 * time.Second, Control: func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, bytes)
		})
		if err != nil {
			return err
		}
		return failed
	}}
	conn, err := dialer.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // it may be closed
	return conn
}

// TestFetched: what is told lies between what the player has read and what its
// small receive buffer may hold beside that, however the length is told.
func TestFetched(t *testing.T) {
	const (
		itsQueue  = 16 << 10
		itsAtMost = 4 * itsQueue / frameBytes // frames; the kernel takes some times what is asked for
	)
	for _, length := range []settings.Length{settings.LengthNone, settings.LengthChunked, settings.LengthFake} {
		t.Run(length.String(), func(t *testing.T) {
			t.Parallel()
			s, addr := serve(t, stream.ServerOptions{})
			opts := wavOptions()
			opts.Length = length
			st := s.Open(opts)
			defer st.Discard()
			if _, ok := st.Fetched(); ok {
				t.Error("want nothing known without a reader")
			}
			conn := dialSmall(t, addr, itsQueue)
			if _, err := io.WriteString(conn, get(st.Path())); err != nil {
				t.Fatal(err)
			}
			r := bufio.NewReaderSize(conn, 1024)
			head(t, r)
			writeFrames(t, st, 400) // more than all kernels take
			written, read, began := int64(400*packetFrames), int64(0), time.Now()
			var last stream.Fetched
			for told := 0; told < 2; {
				n, err := io.CopyN(io.Discard, r, packetFrames*frameBytes) // framing counted as sound: little
				if err != nil {
					t.Fatal(err)
				}
				read += n / frameBytes
				writeFrames(t, st, 1)
				written += packetFrames
				<-time.After(time.Until(began.Add(audio.CD.Duration(read)))) // the player's clock: the kernel knows no other time
				f, ok := st.Fetched()
				if !ok || f == last {
					continue
				}
				last = f
				told++
				then := audio.CD.Frames(f.At.Sub(began)) // about what had been read
				if off := int64(f.Frames) - then; off < -itsAtMost/4 || off > itsAtMost {
					t.Errorf("want %d frames fetched and up to %d more, got %.0f", then, itsAtMost, f.Frames)
				}
				if frames, ok := st.FramesAt(f.Bytes); !ok || frames != f.Frames {
					t.Errorf("want %v frames at its bytes, got %v, %v", f.Frames, frames, ok)
				}
			}
			stats := st.Stats()
			if stats.FramesWritten != written || stats.FramesTaken < int64(last.Frames) || stats.FramesTaken > written {
				t.Errorf("want %d frames written and %.0f of them or more taken, got %+v", written, last.Frames, stats)
			}
		})
	}
}
