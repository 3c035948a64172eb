package stream_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var wavHeader = bytes.Repeat([]byte{'H'}, 44)

// serve runs a Server on loopback for the length of the test and gives its
// address.
func serve(t testing.TB, opts stream.ServerOptions) (*stream.Server, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := stream.New(opts)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- stream.Serve(ctx, ln, s, s.IsSpeaker, zerolog.Nop()) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return s, ln.Addr().String()
}

func wavOptions() stream.Options {
	return stream.Options{
		Codec:           audio.WAV,
		Header:          wavHeader,
		ContentType:     "audio/x-wav",
		ContentFeatures: "DLNA.ORG_OP=00",
	}
}

// request writes a raw request and returns the connection to read from.
func request(t testing.TB, addr, text string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

func get(path string, headers ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\n"
}

// head reads an answer up to its blank line.
func head(t testing.TB, r *bufio.Reader) string {
	t.Helper()
	var text strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("after %q: %v", text.String(), err)
		}
		if line == "\r\n" {
			return text.String()
		}
		text.WriteString(line)
	}
}

func wantBytes(t testing.TB, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil {
		t.Fatalf("want %q: %v", want, err)
	}
	if string(got) != want {
		t.Fatalf("want %q, got %q", want, got)
	}
}

func write(t *testing.T, st *stream.Stream, chunk string) {
	t.Helper()
	if err := st.Write([]byte(chunk), 1); err != nil {
		t.Fatal(err)
	}
}
