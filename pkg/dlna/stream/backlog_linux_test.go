package stream_test

import (
	"bufio"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

// TestBacklogCountsTheKernel: what our side's send queue took is still to be
// fetched, all but what the player's own small queue holds.
func TestBacklogCountsTheKernel(t *testing.T) {
	const (
		packets    = 40 // 56 KB: the send queue holds them all
		itsQueue   = 8 << 10
		itsAtMost  = 2 * itsQueue / frameBytes // frames; the kernel doubles what is asked for
		allWritten = packets * packetFrames
	)
	s, addr := serve(t, stream.ServerOptions{})
	st := s.Open(wavOptions())
	defer st.Discard()
	dialer := net.Dialer{Timeout: 10 * time.Second, Control: func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, itsQueue)
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
	defer conn.Close()
	if _, err := io.WriteString(conn, get(st.Path())); err != nil {
		t.Fatal(err)
	}
	writeFrames(t, st, packets)
	eventually(t, "the kernel takes all", func() bool {
		return st.Stats().BytesRead == int64(len(wavHeader)+allWritten*frameBytes)
	})
	if got, ok := st.Backlog(); !ok || got > allWritten || got < allWritten-itsAtMost {
		t.Errorf("want %d to %d frames to be fetched, got %d, %v", allWritten-itsAtMost, allWritten, got, ok)
	}

	r := bufio.NewReader(conn)
	head(t, r)
	if _, err := io.CopyN(io.Discard, r, int64(len(wavHeader)+allWritten*frameBytes)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all is fetched", func() bool { got, ok := st.Backlog(); return ok && got == 0 })
}
