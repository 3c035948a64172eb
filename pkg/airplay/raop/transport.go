package raop

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	maxPacketBytes     = 16 << 10 // what is longer is cut
	timingRequestBytes = 32
	maxResendCount     = 128 // packets in one request; older ones would come too late

	firstTimings = 3 // requests in quick succession, for senders that wait for one
	quickTiming  = 300 * time.Millisecond
	steadyTiming = 3 * time.Second

	// idleAfter is the time without packets after which the audio socket is drained
	// only every idleTicks.
	idleAfter = 5 * audio.Tick
	idleTicks = 3
)

// A udpTransport is the UDP side of one session: it receives what one sender
// sends to the three sockets, sends timing and resend requests, and measures the
// sender's clock. It passes audio packets to deliver and does not depend on Session.
type udpTransport struct {
	sender  netip.Addr
	deliver func(a rtp.Audio, resent bool, arrival time.Time) // called by several goroutines
	log     zerolog.Logger

	readers sync.WaitGroup // one goroutine a socket, from start to close
	sockets *sockets       // nil before start
	remote  udpPorts       // the sender's

	mu            sync.Mutex // guards what follows
	clock         clock
	lastAudio     time.Time // arrival of the latest audio packet
	latencyFrames int64     // that the latest sync packet asks for
	synced        bool      // a sync packet has arrived
	stats         PacketStats
}

// start reads the sockets, which close closes, until then.
func (t *udpTransport) start(own *sockets, remote udpPorts) {
	t.sockets, t.remote = own, remote
	t.readers.Go(func() { t.ended(t.readAudio(own.audio)) })
	t.readers.Go(func() { t.ended(t.readUntilError(own.control, make([]byte, maxPacketBytes))) })
	t.readers.Go(func() { t.ended(t.keepTime(own.timing)) })
}

// close closes the sockets, which ends the readers; wait waits for them.
func (t *udpTransport) close() {
	if t.sockets != nil {
		t.sockets.close()
	}
}

func (t *udpTransport) wait() { t.readers.Wait() }

// ended logs why a reader ended. That its socket was closed is expected.
func (t *udpTransport) ended(err error) {
	if !errors.Is(err, net.ErrClosed) {
		t.log.Warn().Err(err).Msg("UDP socket failed")
	}
}

// requestResend asks the sender for count packets from first on.
func (t *udpTransport) requestResend(first uint16, count int) error {
	if count < 1 {
		return fmt.Errorf("raop: resend of %d packets", count)
	}
	request := rtp.ResendRequest{First: first, Count: uint16(min(count, maxResendCount))}
	to := netip.AddrPortFrom(t.sender, t.remote.control)
	if _, err := t.sockets.control.WriteToUDPAddrPort(request.Append(nil), to); err != nil {
		return fmt.Errorf("raop: resend request: %w", err)
	}
	return nil
}

// readAudio drains the audio socket at each tick until it is closed.
func (t *udpTransport) readAudio(socket *audioSocket) error {
	buffer := make([]byte, maxPacketBytes)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for latest := time.Now(); ; {
		select {
		case <-socket.closedC:
			return net.ErrClosed
		case <-timer.C:
		}
		n, err := socket.drain(buffer, t.receiveFrom)
		if err != nil {
			return err
		}
		now := time.Now()
		next := now.Add(1)
		switch {
		case n > 0:
			latest = now
		case now.Sub(latest) > idleAfter:
			next = now.Add((idleTicks - 1) * audio.Tick)
		}
		timer.Reset(audio.UntilTick(now, next))
	}
}

// keepTime sends timing requests, even while nothing plays: senders give up on
// receivers that send none.
func (t *udpTransport) keepTime(conn *net.UDPConn) error {
	buffer := make([]byte, maxPacketBytes)
	request := make([]byte, 0, timingRequestBytes)
	to := netip.AddrPortFrom(t.sender, t.remote.timing)
	for sent := 1; ; sent++ {
		now := time.Now()
		t.mu.Lock()
		timing := t.clock.request(now)
		t.mu.Unlock()
		// A request that cannot be sent is treated like one that is lost.
		_, _ = conn.WriteToUDPAddrPort(timing.Append(request), to)
		if err := conn.SetReadDeadline(now.Add(timingPause(sent))); err != nil {
			return err
		}
		if err := t.readUntilError(conn, buffer); !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
}

func timingPause(sent int) time.Duration {
	if sent < firstTimings {
		return quickTiming
	}
	return steadyTiming
}

// readUntilError receives packets until the socket is closed or its deadline
// passes.
func (t *udpTransport) readUntilError(conn *net.UDPConn, buffer []byte) error {
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return err
		}
		t.receiveFrom(buffer[:n], from.Addr())
	}
}
