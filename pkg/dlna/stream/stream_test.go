package stream_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

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
	wantBytes(t, b, "three")
	_, c := request(t, addr, get(st.Path()))
	head(t, c)
	wantBytes(t, c, string(wavHeader)+"onetwothree")
	got := st.Stats()
	if got.Requests != 4 || got.BytesWritten != 11 || got.FirstByte.IsZero() || got.Overruns != 0 || got.Behind != 0 {
		t.Errorf("stats: %+v", got)
	}
}

func TestReadersSideBySide(t *testing.T) {
	s, addr := serve(t, stream.ServerOptions{})
	opts := wavOptions()
	opts.Length = settings.LengthChunked
	st := s.Open(opts)
	defer st.Discard()

	var want bytes.Buffer
	want.Write(wavHeader)
	var chunks []string
	for i := range 400 {
		chunks = append(chunks, fmt.Sprintf("<%d>", i))
		want.WriteString(chunks[i])
	}
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
			results[i] = make([]byte, want.Len())
			if _, err := io.ReadFull(resp.Body, results[i]); err != nil {
				t.Error(err)
			}
		})
	}
	for _, chunk := range chunks {
		write(t, st, chunk)
	}
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

// The tests from here on use fake time, with the server on pipes.

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

// A player that disconnects and connects again gets the live sound after its third
// visit, instead of the start over and over.
func TestRepeatedVisitsGetLiveSound(t *testing.T) {
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

func TestSlowReaderSkipsToLiveSound(t *testing.T) {
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
		opts.Length = settings.LengthChunked
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
