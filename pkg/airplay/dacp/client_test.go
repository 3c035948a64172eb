package dacp

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/loopback"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
)

// patience bounds every wait for a real socket.
const patience = 20 * time.Second

var local = netip.MustParseAddr("127.0.0.1")

func TestIDs(t *testing.T) {
	tests := []struct {
		instance, id string
		want         bool
	}{
		{"iTunes_Ctrl_56B29BB6CB904862", "56B29BB6CB904862", true},
		{"iTunes_Ctrl_56b29bb6cb904862", "56B29BB6CB904862", true},
		{"ITUNES_CTRL_56B29BB6CB904862", "56b29bb6cb904862", true},
		{"iTunes_Ctrl_00B29BB6CB904862", "B29BB6CB904862", true},
		{"iTunes_Ctrl_B29BB6CB904862", "00B29BB6CB904862", true},
		{"iTunes_Ctrl_56B29BB6CB904863", "56B29BB6CB904862", false},
		{"iTunes_Ctrl_56B29BB6CB9048620", "56B29BB6CB904862", false},
		{"56B29BB6CB904862", "56B29BB6CB904862", false},
		{"iTunes", "56B29BB6CB904862", false},
		{"", "", false},
	}
	for _, tt := range tests {
		if got := isRemote(tt.instance, tt.id); got != tt.want {
			t.Errorf("%q and %q: want %v, got %v", tt.instance, tt.id, tt.want, got)
		}
	}
}

// start runs something until the test ends.
func start(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	endC := make(chan error, 1)
	go func() { endC <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-endC; err != nil {
			t.Errorf("want a quiet end, got %v", err)
		}
	})
}

// The whole way: RTSP named an ID without its leading zeros, the network tells
// the port, the sender obeys.
func TestSenderFoundOnTheNetwork(t *testing.T) {
	t.Parallel()
	lo := func() []netif.Interface { return loopback.Interfaces(t) }
	control, err := sender.ListenControl(t.Context(), sender.ControlOptions{ActiveRemote: phoneToken, Status: http.StatusOK})
	if err != nil {
		t.Fatal(err)
	}
	start(t, control.Run)
	port, _ := loopback.SharedPort(t)
	responder := mdns.New(mdns.Options{Hostname: "phone", Interfaces: lo, Port: port, Log: zerolog.Nop()})
	responder.Publish(mdns.Service{Instance: "iTunes_Ctrl_00B29BB6CB904862", Type: serviceType, Port: control.Port()})
	start(t, responder.Run)
	r, err := New(Options{DACPID: "b29bb6cb904862", ActiveRemote: phoneToken, Sender: local, Interfaces: lo, Port: port, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for errors.Is(r.client.send(ctx, Pause.String()), ErrNoRemote) { // the responder probes its names first
		r.client.forget()
	}
	if err := r.client.send(ctx, Next.String()); err != nil {
		t.Fatal(err)
	}
	if want, got := []string{"pause", "nextitem"}, control.Commands(); !slices.Equal(want, got) {
		t.Errorf("want %q, got %q", want, got)
	}
}

func TestNoSuchSenderOnTheNetwork(t *testing.T) {
	t.Parallel()
	port, _ := loopback.SharedPort(t)
	o := Options{DACPID: phoneID, Interfaces: func() []netif.Interface { return loopback.Interfaces(t) }, Port: port}
	if _, err := o.browse(t.Context()); !errors.Is(err, query.ErrNotFound) {
		t.Errorf("want %v, got %v", query.ErrNotFound, err)
	}
}

// hostile is a sender that answers a request as it likes; the connection is
// closed after that.
func hostile(t *testing.T, answer func(net.Conn)) (port uint16) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endC := make(chan struct{})
	go func() {
		defer close(endC)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				answer(c)
			}
			_ = c.Close() // the other end left as a rule
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-endC
	})
	return l.Addr().(*net.TCPAddr).AddrPort().Port()
}

// write sends text until the other end has enough of it, or times are over.
func write(c net.Conn, text string, times int) (sent int) {
	for range times {
		n, err := c.Write([]byte(text))
		if sent += n; err != nil {
			break
		}
	}
	return sent
}

func TestHostileSenders(t *testing.T) {
	t.Parallel()
	const plenty = 64 << 20
	block := strings.Repeat("x", 64<<10)
	tests := []struct {
		name   string
		answer func(net.Conn) (sent int)
		fails  bool
	}{
		{"nothing", func(net.Conn) int { return 0 }, true},
		{"no HTTP", func(c net.Conn) int { return write(c, "hello\r\n\r\n", 1) }, true},
		{"headers without end", func(c net.Conn) int {
			return write(c, "HTTP/1.1 204 No Content\r\n", 1) + write(c, "X: "+block+"\r\n", plenty/len(block))
		}, true},
		{"a body without end", func(c net.Conn) int {
			return write(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", 1) + write(c, block, plenty/len(block))
		}, false},
		{"a body that is cut off", func(c net.Conn) int {
			return write(c, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", 1)
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sentC := make(chan int, 1)
			port := hostile(t, func(c net.Conn) { sentC <- tt.answer(c) })
			l := newClient(Options{Sender: local, ActiveRemote: phoneToken, Find: func(context.Context) (uint16, error) { return port, nil }})
			if err := l.send(t.Context(), "pause"); (err != nil) != tt.fails {
				t.Errorf("want an error: %v, got %v", tt.fails, err)
			}
			if sent := <-sentC; sent >= plenty {
				t.Errorf("want the answer cut short, all %d bytes went out", sent)
			}
		})
	}
}

func TestSilentSenderIsLeft(t *testing.T) {
	t.Parallel()
	doneC := make(chan struct{})
	port := hostile(t, func(net.Conn) { <-doneC })
	defer close(doneC)
	l := newClient(Options{Sender: local, ActiveRemote: phoneToken, Find: func(context.Context) (uint16, error) { return port, nil }})
	begun := time.Now()
	if err := l.send(t.Context(), "pause"); err == nil {
		t.Error("want an error, got none")
	}
	if took := time.Since(begun); took > answerTimeout+patience {
		t.Errorf("want it left after %v, took %v", answerTimeout, took)
	}
}
