package stream_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
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
func serve(t *testing.T, opts stream.ServerOptions) (*stream.Server, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := stream.New(opts)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- stream.Serve(ctx, ln, s, zerolog.Nop()) }()
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
func request(t *testing.T, addr, text string) (net.Conn, *bufio.Reader) {
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
func head(t *testing.T, r *bufio.Reader) string {
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

func wantBytes(t *testing.T, r io.Reader, want string) {
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

func TestAnswerHeaders(t *testing.T) {
	s, addr := serve(t, stream.ServerOptions{})
	cases := []struct {
		name    string
		length  stream.LengthMode
		request string // %s is the path
		status  string
		want    []string // whole lines, case included
		without []string // parts that no line may have, compared in lower case
	}{
		{"none", stream.LengthNone, get("%s"), "HTTP/1.1 200 OK",
			[]string{"Connection: close"}, []string{"transfer-encoding", "content-length", "accept-ranges", "content-range"}},
		{"chunked", stream.LengthChunked, get("%s"), "HTTP/1.1 200 OK",
			[]string{"Transfer-Encoding: chunked"}, []string{"content-length"}},
		{"chunked for HTTP/1.0", stream.LengthChunked, "GET %s HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK",
			nil, []string{"transfer-encoding", "content-length"}},
		{"fake", stream.LengthFake, get("%s"), "HTTP/1.1 200 OK",
			[]string{"Content-Length: 2147483647"}, []string{"transfer-encoding"}},
		{"fake, the rest", stream.LengthFake, get("%s", "Range: bytes=44-"), "HTTP/1.1 206 Partial Content",
			[]string{"Content-Length: 2147483603", "Content-Range: bytes 44-2147483646/2147483647"}, nil},
		{"fake, all as a range", stream.LengthFake, get("%s", "Range: bytes=0-"), "HTTP/1.1 206 Partial Content",
			[]string{"Content-Length: 2147483647", "Content-Range: bytes 0-2147483646/2147483647"}, nil},
		{"none, all as a range", stream.LengthNone, get("%s", "Range: bytes=0-"), "HTTP/1.1 200 OK",
			nil, []string{"content-range", "content-length"}},
		{"none, the rest", stream.LengthNone, get("%s", "Range: bytes=44-"), "HTTP/1.1 206 Partial Content",
			[]string{"Content-Range: bytes 44-2147483646/2147483647"}, []string{"transfer-encoding", "content-length"}},
		{"probe", stream.LengthNone, get("%s", "Range: bytes=0-1"), "HTTP/1.1 206 Partial Content",
			[]string{"Content-Length: 2", "Content-Range: bytes 0-1/2147483647"}, []string{"transfer-encoding"}},
		{"tail probe", stream.LengthFake, get("%s", "Range: bytes=-128"), "HTTP/1.1 416 Requested Range Not Satisfiable",
			[]string{"Content-Range: bytes */2147483647"}, nil},
		{"head", stream.LengthNone, "HEAD %s HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK",
			nil, []string{"transfer-encoding", "content-length"}},
		{"head with a range", stream.LengthFake, "HEAD %s HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\n\r\n", "HTTP/1.1 200 OK",
			[]string{"Content-Length: 2147483647"}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			opts := wavOptions()
			opts.Length = c.length
			st := s.Open(opts)
			defer st.Discard()
			write(t, st, "sound")

			_, r := request(t, addr, fmt.Sprintf(c.request, st.Path()))
			text := head(t, r)
			lines := strings.Split(text, "\r\n")
			want := append([]string{c.status}, c.want...)
			if !strings.Contains(c.status, "416") {
				want = append(want, "Content-Type: audio/x-wav", "transferMode.dlna.org: Streaming",
					"contentFeatures.dlna.org: DLNA.ORG_OP=00", "Cache-Control: no-cache")
			}
			for _, w := range want {
				if !contains(lines, w) {
					t.Errorf("no line %q in\n%s", w, text)
				}
			}
			for _, w := range c.without {
				if strings.Contains(strings.ToLower(text), w) {
					t.Errorf("%q in\n%s", w, text)
				}
			}
		})
	}
}

func contains(lines []string, want string) bool {
	for _, l := range lines {
		if l == want {
			return true
		}
	}
	return false
}

func TestRefusals(t *testing.T) {
	s, addr := serve(t, stream.ServerOptions{})
	mine, others := wavOptions(), wavOptions()
	mine.Peer = netip.MustParseAddr("::ffff:127.0.0.1")
	others.Peer = netip.MustParseAddr("127.0.0.2")
	own, foreign, gone := s.Open(mine), s.Open(others), s.Open(wavOptions())
	defer own.Discard()
	defer foreign.Discard()
	gone.Discard()
	gone.Discard()

	cases := []struct {
		name, request, want string
	}{
		{"own peer", "HEAD " + own.Path() + " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK"},
		{"other peer", get(foreign.Path()), "HTTP/1.1 403 Forbidden"},
		{"discarded", get(gone.Path()), "HTTP/1.1 404 Not Found"},
		{"other token", get("/stream/AAAA/1.wav"), "HTTP/1.1 404 Not Found"},
		{"other ending", get(own.Path() + "x"), "HTTP/1.1 404 Not Found"},
		{"method", "POST " + own.Path() + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, r := request(t, addr, c.request)
			if got, _, _ := strings.Cut(head(t, r), "\r\n"); got != c.want {
				t.Errorf("want %q, got %q", c.want, got)
			}
		})
	}
}

func TestEveryEarlyReaderGetsAllSound(t *testing.T) {
	s, addr := serve(t, stream.ServerOptions{})
	st := s.Open(wavOptions())
	defer st.Discard()
	write(t, st, "one")

	_, probe := request(t, addr, get(st.Path(), "Range: bytes=40-46"))
	head(t, probe)
	wantBytes(t, probe, "HHHHone")
	select {
	case <-st.FirstRead():
		t.Fatal("a probe counts as the first read")
	default:
	}

	first, a := request(t, addr, get(st.Path()))
	head(t, a)
	wantBytes(t, a, string(wavHeader)+"one")
	<-st.FirstRead()
	write(t, st, "two")
	_, b := request(t, addr, get(st.Path()))
	head(t, b)
	wantBytes(t, b, string(wavHeader)+"onetwo")
	wantBytes(t, a, "two")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	write(t, st, "three")
	st.Close()
	st.Close()
	if err := st.Write([]byte("four"), 1); !errors.Is(err, stream.ErrClosed) {
		t.Errorf("Write after Close: want ErrClosed, got %v", err)
	}
	rest, err := io.ReadAll(b)
	if err != nil || string(rest) != "three" {
		t.Errorf("want the rest and the end, got %q, %v", rest, err)
	}

	_, c := request(t, addr, get(st.Path()))
	head(t, c)
	all, err := io.ReadAll(c)
	if want := string(wavHeader) + "onetwothree"; err != nil || string(all) != want {
		t.Errorf("after Close: want %q, got %q, %v", want, all, err)
	}
	got := st.Stats()
	if got.Requests != 4 || got.BytesWritten != 11 || got.FirstByte.IsZero() || got.FirstRequest.IsZero() || got.Overruns != 0 || got.Behind != 0 {
		t.Errorf("stats: %+v", got)
	}
}

func TestReadersSideBySide(t *testing.T) {
	s, addr := serve(t, stream.ServerOptions{})
	opts := wavOptions()
	opts.Length = stream.LengthChunked
	st := s.Open(opts)
	defer st.Discard()

	var want bytes.Buffer
	want.Write(wavHeader)
	var readers sync.WaitGroup
	results := make([][]byte, 8)
	for i := range results {
		readers.Go(func() {
			resp, err := http.Get("http://" + addr + st.Path())
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if results[i], err = io.ReadAll(resp.Body); err != nil {
				t.Error(err)
			}
		})
	}
	for i := range 400 {
		chunk := fmt.Sprintf("<%d>", i)
		want.WriteString(chunk)
		write(t, st, chunk)
	}
	st.Close()
	readers.Wait()
	for i, got := range results {
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("reader %d: %d bytes, want %d", i, len(got), want.Len())
		}
	}
}

func TestTooManyReaders(t *testing.T) {
	s, addr := serve(t, stream.ServerOptions{})
	st := s.Open(wavOptions())
	defer st.Discard()
	for range 16 {
		_, r := request(t, addr, get(st.Path()))
		head(t, r)
	}
	_, r := request(t, addr, get(st.Path()))
	if got := head(t, r); !strings.HasPrefix(got, "HTTP/1.1 503 ") {
		t.Errorf("want 503, got %s", got)
	}
}

// Time matters from here on: an HTTP server on pipes inside a bubble.

// pipes is a listener whose connections are pipes.
type pipes struct {
	connC  chan net.Conn
	closeC chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{connC: make(chan net.Conn), closeC: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.connC:
		return c, nil
	case <-p.closeC:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closeC) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (p *pipes) request(t *testing.T, text string) (net.Conn, *bufio.Reader) {
	t.Helper()
	near, far := net.Pipe()
	p.connC <- far
	if _, err := io.WriteString(near, text); err != nil {
		t.Fatal(err)
	}
	return near, bufio.NewReader(near)
}

// bubble runs test inside a synctest bubble with a Server on pipes.
func bubble(t *testing.T, test func(t *testing.T, s *stream.Server, p *pipes)) {
	synctest.Test(t, func(t *testing.T) {
		s, p := stream.New(stream.ServerOptions{}), newPipes()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- stream.Serve(ctx, p, s, zerolog.Nop()) }()
		test(t, s, p)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

func TestLateReaderBeginsTwoSecondsBack(t *testing.T) {
	bubble(t, func(t *testing.T, s *stream.Server, p *pipes) {
		st := s.Open(wavOptions())
		defer st.Discard()
		for i := range 5 {
			write(t, st, fmt.Sprintf("<%d>", i))
			time.Sleep(time.Second)
		}
		a, first := p.request(t, get(st.Path()))
		head(t, first)
		wantBytes(t, first, string(wavHeader)+"<0><1><2><3><4>")
		synctest.Wait()
		time.Sleep(9 * time.Second)
		b, second := p.request(t, get(st.Path()))
		head(t, second)
		wantBytes(t, second, string(wavHeader)+"<0><1><2><3><4>")
		time.Sleep(time.Second)
		for i := range 4 {
			go func() { _ = st.Write(fmt.Appendf(nil, "{%d}", i), 1) }()
			wantBytes(t, first, fmt.Sprintf("{%d}", i))
			wantBytes(t, second, fmt.Sprintf("{%d}", i))
			time.Sleep(900 * time.Millisecond)
		}
		c, third := p.request(t, get(st.Path()))
		head(t, third)
		wantBytes(t, third, string(wavHeader)+"{2}{3}")
		d, fourth := p.request(t, get(st.Path(), "Range: bytes=999999-"))
		if got := head(t, fourth); !strings.HasPrefix(got, "HTTP/1.1 200 ") {
			t.Errorf("beyond the end: %s", got)
		}
		wantBytes(t, fourth, string(wavHeader)+"{2}{3}")
		for _, conn := range []net.Conn{a, b, c, d} {
			_ = conn.Close()
		}
	})
}

// One that comes and goes goes on after its third visit, instead of playing the
// start over and over.
func TestVisitorsMoveOn(t *testing.T) {
	bubble(t, func(t *testing.T, s *stream.Server, p *pipes) {
		st := s.Open(wavOptions())
		defer st.Discard()
		for i := range 5 {
			write(t, st, fmt.Sprintf("<%d>", i))
			time.Sleep(900 * time.Millisecond)
		}
		for _, want := range []string{"<0><1><2><3><4>", "<0><1><2><3><4>", "<0><1><2><3><4>", "<3><4>"} {
			conn, r := p.request(t, get(st.Path()))
			head(t, r)
			wantBytes(t, r, string(wavHeader)+want)
			synctest.Wait()
			_ = conn.Close()
			go func() { _ = st.Write([]byte("x"), 1) }() // by which the end of a pipe is noticed
			synctest.Wait()
		}
	})
}

func TestSlowReaderIsMovedOn(t *testing.T) {
	bubble(t, func(t *testing.T, s *stream.Server, p *pipes) {
		opts := wavOptions()
		opts.RingBytes = 30
		st := s.Open(opts)
		defer st.Discard()
		conn, r := p.request(t, get(st.Path()))
		head(t, r)
		wantBytes(t, r, string(wavHeader))
		synctest.Wait()
		for i := range 10 { // the reader hangs in its first write: a pipe holds nothing
			write(t, st, fmt.Sprintf("<%08d>", i))
			synctest.Wait()
			time.Sleep(1500 * time.Millisecond)
		}
		wantBytes(t, r, "<00000000>")
		wantBytes(t, r, "<00000009>") // one of the last two seconds
		if got := st.Stats(); got.Overruns != 1 || got.Readers != 1 {
			t.Errorf("want 1 overrun and 1 reader, got %+v", got)
		}
		_ = conn.Close()
	})
}

func TestSlowRequestIsCut(t *testing.T) {
	bubble(t, func(t *testing.T, _ *stream.Server, p *pipes) {
		near, far := net.Pipe()
		p.connC <- far
		if _, err := io.WriteString(near, "GET / HT"); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if _, err := io.Copy(io.Discard, near); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("a half request was kept for %v", took)
		}
	})
}

func TestDiscardEndsReadersAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, s *stream.Server, p *pipes) {
		opts := wavOptions()
		opts.Length = stream.LengthChunked
		st := s.Open(opts)
		_, waiting := p.request(t, get(st.Path()))
		head(t, waiting)
		begin := time.Now()
		_, stuck := p.request(t, get(st.Path())) // hangs in the first byte of its answer
		synctest.Wait()
		write(t, st, "sound")
		synctest.Wait()
		st.Discard()
		for _, r := range []*bufio.Reader{waiting, stuck} {
			body, err := io.ReadAll(r)
			if err != nil {
				t.Errorf("not cut: %v", err)
			}
			if bytes.HasSuffix(body, []byte("\r\n0\r\n\r\n")) {
				t.Error("a discarded stream looks finished")
			}
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("took %v", took)
		}
		if err := st.Write([]byte("x"), 1); !errors.Is(err, stream.ErrClosed) {
			t.Errorf("Write after Discard: want ErrClosed, got %v", err)
		}
	})
}

func TestPlayerThatTakesNothingIsDropped(t *testing.T) {
	bubble(t, func(t *testing.T, s *stream.Server, p *pipes) {
		st := s.Open(wavOptions())
		defer st.Discard()
		_, dead := p.request(t, get(st.Path()))
		_, alive := p.request(t, get(st.Path()))
		head(t, alive)
		wantBytes(t, alive, string(wavHeader))
		write(t, st, "sound")
		wantBytes(t, alive, "sound")
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if got := st.Stats().Readers; got != 2 {
			t.Fatalf("after 29 s: want 2 readers, got %d", got)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := st.Stats().Readers; got != 1 {
			t.Errorf("after 31 s: want 1 reader, got %d", got)
		}
		if _, err := io.Copy(io.Discard, dead); err != nil {
			t.Errorf("not closed: %v", err)
		}
		go func() { _ = st.Write([]byte("more"), 1) }()
		wantBytes(t, alive, "more")
	})
}

func TestLongPauseKeepsTheReader(t *testing.T) {
	bubble(t, func(t *testing.T, s *stream.Server, p *pipes) {
		st := s.Open(wavOptions())
		defer st.Discard()
		conn, r := p.request(t, get(st.Path()))
		head(t, r)
		wantBytes(t, r, string(wavHeader))
		time.Sleep(10 * time.Minute)
		go func() { _ = st.Write([]byte("sound"), 1) }()
		wantBytes(t, r, "sound")
		_ = conn.Close()
	})
}

func TestWriteRefusesMoreThanTheRing(t *testing.T) {
	opts := wavOptions()
	opts.RingBytes = 8
	st := stream.New(stream.ServerOptions{}).Open(opts)
	defer st.Discard()
	if err := st.Write(make([]byte, 9), 1); err == nil {
		t.Error("9 bytes went into a ring of 8")
	}
	if err := st.Write(make([]byte, 8), 1); err != nil {
		t.Errorf("8 bytes do not go into a ring of 8: %v", err)
	}
	if got := st.Stats(); got.Behind != 8 {
		t.Errorf("behind: want 8, got %d", got.Behind)
	}
}
