package stream_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

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
		go func() { done <- stream.Serve(ctx, p, s, s.IsSpeaker, zerolog.Nop()) }()
		test(t, s, p)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}
