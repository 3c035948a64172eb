package fingerprint

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func reply(server string) string {
	return "HTTP/1.1 200 OK\r\nLOCATION: http://127.0.0.1:32469/d.xml\r\nSERVER: " + server + "\r\nST: upnp:rootdevice\r\nUSN: uuid:1::upnp:rootdevice\r\n\r\n"
}

// responder answers every search on a port of 127.0.0.1 with datagrams. The
// channel gets the first search.
func responder(t *testing.T, datagrams ...string) (netip.AddrPort, <-chan string) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	first, done := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 2048)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			select {
			case first <- string(buffer[:n]):
			default: // the first is enough
			}
			for _, d := range datagrams {
				if _, err := conn.WriteTo([]byte(d), from); err != nil {
					return
				}
			}
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close() // read only
		<-done
	})
	return conn.LocalAddr().(*net.UDPAddr).AddrPort(), first
}

func TestAsk(t *testing.T) {
	plex, searches := responder(t, reply("Platinum/1.0"), reply("Platinum/1.0"), reply("MiniDLNA/1.3"), "garbage", "")
	replies, err := Ask(t.Context(), []netip.AddrPort{plex, netip.MustParseAddrPort("127.0.0.1:1")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range replies.Answers {
		got = append(got, a.Server)
	}
	if want := "Platinum/1.0 MiniDLNA/1.3"; strings.Join(got, " ") != want {
		t.Errorf("want %s, got %v", want, got)
	}
	if replies.Unreadable != 2*askRepeat || replies.Unasked != 0 || replies.Flooded {
		t.Errorf("want %d unreadable datagrams and nothing else odd, got %+v", 2*askRepeat, replies)
	}
	want := "M-SEARCH * HTTP/1.1\r\nHOST: " + plex.String() + "\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\n"
	if search := <-searches; !strings.HasPrefix(search, want) || !strings.HasSuffix(search, "\r\n\r\n") {
		t.Errorf("want %q, got %q", want, search)
	}
}

func TestAskEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	replies, err := Ask(ctx, nil, nil)
	if err != nil || len(replies.Answers) != 0 || time.Since(began) >= askWindow {
		t.Errorf("want an end at once without answers, got %+v, %v after %v", replies, err, time.Since(began))
	}
}

// A flood gives datagrams for ever, each another device.
type flood struct {
	n    int
	from netip.AddrPort
	make func(n int) string
}

func (f *flood) Read(buf []byte) (multicast.Packet, error) {
	f.n++
	return multicast.Packet{Data: buf[:copy(buf, f.make(f.n))], From: f.from}, nil
}

var target = netip.MustParseAddrPort("10.77.0.2:1900")

func TestCollectHostile(t *testing.T) {
	cases := []struct {
		name string
		from string
		make func(n int) string
		want Replies // but for Answers
		kept int
	}{
		{"devices without end", "10.77.0.2:1900", func(n int) string { return reply(fmt.Sprint("Foo/", n)) }, Replies{Flooded: true}, maxAnswers},
		{"another host", "10.77.0.66:1900", func(n int) string { return reply("Foo") }, Replies{Unasked: maxDatagrams, Flooded: true}, 0},
		{"too long", "10.77.0.2:1900", func(n int) string { return reply(strings.Repeat("x", maxReply)) }, Replies{Unreadable: maxDatagrams, Flooded: true}, 0},
		{"IPv4 within IPv6", "[::ffff:10.77.0.2]:5000", func(n int) string { return reply("Foo") }, Replies{Flooded: true}, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := collect(&flood{from: netip.MustParseAddrPort(c.from), make: c.make}, []netip.AddrPort{target})
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Answers) != c.kept || got.Unasked != c.want.Unasked || got.Unreadable != c.want.Unreadable || got.Flooded != c.want.Flooded {
				t.Errorf("want %+v and %d answers, got %+v", c.want, c.kept, got)
			}
		})
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (multicast.Packet, error) {
	return multicast.Packet{}, b.err
}

func TestCollectEnds(t *testing.T) {
	if _, err := collect(broken{os.ErrDeadlineExceeded}, nil); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("want the deadline, got %v", err)
	}
}

func FuzzReplies(f *testing.F) {
	f.Add([]byte(reply("Platinum/1.0")))
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\n"))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		var r Replies
		for range 3 {
			r.take(datagram, target, []netip.AddrPort{target})
		}
		if len(r.Answers)*3+r.Unreadable != 3 {
			t.Errorf("want one answer or three unreadable datagrams, got %+v", r)
		}
	})
}
