package raop_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// heapGrowth is what a receiver may still hold of what an attack sent.
const heapGrowth = 4 << 20

// attack runs what a bad peer does to one receiver while another one has a
// session. It fails the test when memory stays with the first, when the other
// one notices, or when the first does not serve the next sender.
func attack(t *testing.T, options raop.Options, run func(t *testing.T, r *raop.Receiver, owner *recorder)) {
	t.Helper()
	owner, calm := newRecorder(), newRecorder()
	options.Handler = owner
	target, other := startReceiver(t, options), startReceiver(t, raop.Options{Handler: calm})
	neighbour := newSender(t, other, otherHost)
	neighbour.play()
	before := heap()
	run(t, target, owner)
	if after := heap(); after > before+heapGrowth {
		t.Errorf("%d bytes of memory grew to %d", before, after)
	}
	neighbour.send(neighbour.audio, "server_port", audioPacket(1))
	calm.await(t, 1, "packet 1/")
	neighbour.want(200, "OPTIONS", "", "")
	newSender(t, target, netip.MustParseAddr("127.0.0.3")).want(200, "OPTIONS", "", "")
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func dial(t *testing.T, r *raop.Receiver, from netip.Addr) net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0)), Timeout: patience}
	conn, err := dialer.Dial("tcp", netip.AddrPortFrom(loopback, r.Port()).String())
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(4 * patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestFloodsAreCutOff pours up to a gigabyte into one request.
func TestFloodsAreCutOff(t *testing.T) {
	const gigabyte = 1 << 30
	for _, test := range []struct {
		name, head, piece string
		status            int
	}{
		{"header lines", "OPTIONS * RTSP/1.0\r\n", "X-Flood: yes\r\n", 431},
		{"one header line", "ANNOUNCE * RTSP/1.0\r\nX-Flood: ", "yes and ", 431},
		{"body of 4 GB", "SET_PARAMETER * RTSP/1.0\r\nContent-Type: image/jpeg\r\nContent-Length: 4294967296\r\n\r\n", "flood", 413},
	} {
		t.Run(test.name, func(t *testing.T) {
			attack(t, raop.Options{}, func(t *testing.T, r *raop.Receiver, _ *recorder) {
				conn := dial(t, r, loopback)
				defer conn.Close()
				poured := make(chan int)
				go func() {
					_, _ = io.WriteString(conn, test.head) // what follows fails as well, then
					poured <- pour(conn, bytes.Repeat([]byte(test.piece), 1000), gigabyte)
				}()
				response, err := rtsp.ReadResponse(bufio.NewReader(conn), rtsp.DefaultLimits)
				if err != nil || response.Status != test.status {
					t.Errorf("want %d, got %+v, %v", test.status, response, err)
				}
				if got := <-poured; got > 64<<20 {
					t.Errorf("%d bytes of it were taken", got)
				}
			})
		})
	}
}

func pour(conn net.Conn, piece []byte, total int) (written int) {
	for written < total {
		n, err := conn.Write(piece)
		written += n
		if err != nil {
			break
		}
	}
	return written
}

// TestOneByteAtATime sends a request so slowly that it would take a minute; the
// whole of it has the time of SessionIdle.
func TestOneByteAtATime(t *testing.T) {
	r := startReceiver(t, raop.Options{Handler: newRecorder(), SessionIdle: 500 * time.Millisecond})
	conn := dial(t, r, loopback)
	defer conn.Close()
	done, dripped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(dripped)
		drip(conn, "OPTIONS * RTSP/1.0\r\n"+strings.Repeat("X-Slow: very\r\n", 40), done)
	}()
	response, err := rtsp.ReadResponse(bufio.NewReader(conn), rtsp.DefaultLimits)
	close(done)
	<-dripped
	if err != nil || response.Status != rtsp.StatusRequestTimeout {
		t.Errorf("want 408, got %+v, %v", response, err)
	}
}

func drip(conn net.Conn, text string, done <-chan struct{}) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for i := range len(text) {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		if _, err := conn.Write([]byte{text[i]}); err != nil {
			return
		}
	}
}

// TestConnectionFlood opens thousands of connections, each with the beginning
// of a request, from many addresses.
func TestConnectionFlood(t *testing.T) {
	total := 10_000
	if testing.Short() {
		total = 500
	}
	attack(t, raop.Options{}, func(t *testing.T, r *raop.Receiver, _ *recorder) {
		for i := range total {
			conn := dial(t, r, netip.AddrFrom4([4]byte{127, 1, byte(i >> 8), byte(i)}))
			_, _ = io.WriteString(conn, "ANNOUNCE * RTSP/1.0\r\nContent-Length: 8388608\r\n\r\n") // refused ones may be gone
			_ = conn.Close()
		}
		eventually(t, "all connections have ended", func() bool { return r.Stats().RTSP.Open == 0 })
	})
}

// TestHeldConnections holds hundreds of connections open at once, from one
// address and from one each, that say nothing or the half of a request. Who
// plays plays on, and others are let in.
func TestHeldConnections(t *testing.T) {
	const total, bound = 400, 32
	for _, test := range []struct {
		name string
		from func(i int) netip.Addr
		says string
		open int // at most
	}{
		{"of one address", func(int) netip.Addr { return netip.MustParseAddr("127.7.0.1") }, "", 8 + 1},
		{"of one address each", func(i int) netip.Addr { return netip.AddrFrom4([4]byte{127, 7, byte(i >> 8), byte(i)}) }, "", bound},
		{"with half a request", func(i int) netip.Addr { return netip.AddrFrom4([4]byte{127, 7, byte(i >> 8), byte(i)}) }, "OPTIONS", bound},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log lockedBuffer
			attack(t, raop.Options{Log: zerolog.New(&log)}, func(t *testing.T, r *raop.Receiver, owner *recorder) {
				plays := newSender(t, r, loopback)
				plays.play()
				for i := range total {
					conn := dial(t, r, test.from(i))
					t.Cleanup(func() { _ = conn.Close() })
					_, _ = io.WriteString(conn, test.says) // refused ones may be gone
				}
				eventually(t, "all have been looked at", func() bool {
					s := r.Stats().RTSP
					return s.Accepted+s.Refused > total
				})
				if got := r.Stats().RTSP.Open; got > test.open {
					t.Errorf("want at most %d connections open, got %d", test.open, got)
				}
				newSender(t, r, otherHost).want(453, "ANNOUNCE", "", plainSDP)
				plays.want(200, "OPTIONS", "", "")
				plays.send(plays.audio, "server_port", audioPacket(7))
				owner.await(t, 1, "packet 7/")
				if got := log.lines(); got < 1 || got > 10 {
					t.Errorf("want 5 log lines, got %d", got)
				}
			})
		})
	}
}

// TestLargeBodiesNeedASession lets strangers send cover art.
func TestLargeBodiesNeedASession(t *testing.T) {
	r := startReceiver(t, raop.Options{Handler: newRecorder()})
	artwork := pngStart + strings.Repeat("x", 1<<20)
	s := newSender(t, r, loopback)
	s.want(200, "ANNOUNCE", "", plainSDP)
	s.want(200, "SET_PARAMETER", "Content-Type: image/png\n", artwork)
	newSender(t, r, otherHost).want(413, "SET_PARAMETER", "Content-Type: image/png\n", artwork)
}

// TestManyLargeBodies lets every connection that a receiver takes begin a body
// as large as it may be, without an end.
func TestManyLargeBodies(t *testing.T) {
	attack(t, raop.Options{}, func(t *testing.T, r *raop.Receiver, _ *recorder) {
		before := heap()
		var conns []net.Conn
		for i := range byte(40) {
			conn := dial(t, r, netip.AddrFrom4([4]byte{127, 2, 0, 1 + i}))
			_, _ = io.WriteString(conn, "SET_PARAMETER * RTSP/1.0\r\nContent-Length: 65536\r\n\r\nJ")
			conns = append(conns, conn)
		}
		eventually(t, "the first have made room", func() bool { return r.Stats().RTSP.Displaced >= 8 })
		if after := heap(); after > before+heapGrowth {
			t.Errorf("announced bodies cost memory: %d bytes grew to %d", before, after)
		}
		for _, conn := range conns {
			_ = conn.Close()
		}
		eventually(t, "all connections have ended", func() bool { return r.Stats().RTSP.Open == 0 })
	})
}

// TestPacketFloods sends tens of thousands of packets of one kind at a session.
func TestPacketFloods(t *testing.T) {
	const packets = 30_000
	stranger := netip.MustParseAddr("127.0.0.66")
	for _, test := range []struct {
		name   string
		from   netip.Addr
		to     string
		packet func(i int) []byte
		heard  bool // by the owner
	}{
		{"of a foreign host", stranger, "server_port", func(i int) []byte { return audioPacket(uint16(i)) }, false},
		{"of a foreign host to the control port", stranger, "control_port", func(i int) []byte {
			return rtp.AppendResent(nil, 1, rtp.Audio{Seq: uint16(i), Payload: make([]byte, 16)})
		}, false},
		{"resent that nobody asked for", loopback, "control_port", func(i int) []byte {
			return rtp.AppendResent(nil, 1, rtp.Audio{Seq: uint16(i), Payload: make([]byte, 16)})
		}, true},
		{"timing replies", loopback, "timing_port", func(i int) []byte {
			return rtp.TimingReply{Origin: rtp.NTPTime(i), Receive: 1, Transmit: 1}.Append(nil)
		}, false},
		{"syncs of all times", loopback, "control_port", func(i int) []byte {
			return rtp.Sync{Playing: uint32(i) << 17, Next: uint32(i) << 16, Time: rtp.NTPTime(i) << 48}.Append(nil)
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			attack(t, raop.Options{}, func(t *testing.T, r *raop.Receiver, owner *recorder) {
				owner.deafTo = "packet"
				s := newSender(t, r, loopback)
				s.play()
				from := newSender(t, r, test.from)
				from.server = s.server
				for i := range packets {
					from.send(from.audio, test.to, test.packet(i))
				}
				s.want(200, "FLUSH", "", "")
				if packets := r.Stats().Packets; (packets.Resent+packets.Received > 0) != test.heard {
					t.Errorf("want packets received: %v, got %+v", test.heard, packets)
				}
				s.want(200, "TEARDOWN", "", "")
			})
		})
	}
}

// TestTimestampThatJumpsAnHour sends packets that are an hour ahead of those
// before them, or behind, and a sync packet that asks for as much latency.
func TestTimestampThatJumpsAnHour(t *testing.T) {
	const hour = 3600 * 44100
	attack(t, raop.Options{}, func(t *testing.T, r *raop.Receiver, owner *recorder) {
		s := newSender(t, r, loopback)
		s.play()
		for i, timestamp := range []uint32{1, 1 + hour, 1, 1<<32 - hour} {
			packet := rtp.Audio{Seq: uint16(i), Timestamp: timestamp, Payload: make([]byte, 16)}
			s.send(s.audio, "server_port", packet.Append(nil))
			owner.await(t, 1, fmt.Sprintf("packet %d/%d", i, timestamp))
		}
		s.send(s.control, "control_port", rtp.Sync{Playing: 1, Next: 1 + hour}.Append(nil))
		eventually(t, "the sync packet is received", func() bool { _, known := owner.session.Latency(); return known })
		if frames, known := owner.session.Latency(); !known || frames > 8*44100 {
			t.Errorf("want at most 8 s of latency, got %d frames, %v", frames, known)
		}
		s.want(200, "TEARDOWN", "", "")
	})
}

func TestFlushAfterTeardown(t *testing.T) {
	owner := newRecorder()
	s := newSender(t, startReceiver(t, raop.Options{Handler: owner}), loopback)
	s.play()
	requests := requestText("TEARDOWN", "", "") + requestText("FLUSH", "RTP-Info: seq=2;rtptime=353\n", "")
	if response := s.raw(requests); response.Status != 200 {
		t.Errorf("want 200 for TEARDOWN, got %d", response.Status)
	}
	s.connect()
	s.want(200, "FLUSH", "RTP-Info: seq=2;rtptime=353\n", "")
	s.want(200, "TEARDOWN", "", "")
	want := "play 1/1\nteardown the sender ended it"
	if got := strings.Join(owner.said(), "\n"); got != want {
		t.Errorf("want\n%s\ngot\n%s", want, got)
	}
}

func TestEarlyFlush(t *testing.T) {
	owner := newRecorder()
	s := newSender(t, startReceiver(t, raop.Options{Handler: owner}), loopback)
	for _, next := range []func(){
		func() { s.want(200, "ANNOUNCE", "", plainSDP) },
		func() { s.want(200, "SETUP", s.transport(), "") },
		func() { s.want(200, "RECORD", "", "") },
	} {
		s.want(200, "FLUSH", "RTP-Info: seq=0;rtptime=0\n", "")
		next()
	}
	s.want(200, "FLUSH", "RTP-Info: seq=1;rtptime=1\n", "") // nothing has been played yet
	s.send(s.audio, "server_port", audioPacket(1))
	owner.await(t, 1, "packet 1/352")
	if got := strings.Join(owner.said()[:2], "\n"); got != "play\nflush 1/1" {
		t.Errorf("want only the flush in the session told, got %s", got)
	}
}

// TestHalfOpenSessionTimesOut announces and says nothing more.
func TestHalfOpenSessionTimesOut(t *testing.T) {
	for name, steps := range map[string]int{"after ANNOUNCE": 1, "after SETUP": 2} {
		t.Run(name, func(t *testing.T) {
			r := startReceiver(t, raop.Options{Handler: newRecorder(), SessionIdle: 500 * time.Millisecond, Takeover: settings.TakeoverNever})
			s := newSender(t, r, loopback)
			s.want(200, "ANNOUNCE", "", plainSDP)
			if steps > 1 {
				s.want(200, "SETUP", s.transport(), "")
			}
			again := newSender(t, r, loopback)
			again.want(453, "ANNOUNCE", "", plainSDP)
			eventually(t, "the half-open session is given up", func() bool { return !r.Stats().Active })
			again.connect()
			again.play()
		})
	}
}
