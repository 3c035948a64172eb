package raop

import (
	"errors"
	"net/netip"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
)

// receiveFrom handles a packet that has just arrived, if it came from the sender. The
// zone of a link-local address is not compared: the socket is bound to it, and an
// interface may have been renamed since.
func (t *udpTransport) receiveFrom(b []byte, from netip.Addr) {
	if from.Unmap().WithZone("") != t.sender.WithZone("") {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.stats.Foreign++
		return
	}
	t.receive(b, time.Now())
}

// receive handles one packet of the sender by its kind, whatever port it arrived on:
// some senders resend on the audio port.
func (t *udpTransport) receive(b []byte, arrival time.Time) {
	kind := rtp.KindOf(b)
	var err error
	switch kind {
	case rtp.KindAudio:
		err = t.receiveAudio(b, arrival)
	case rtp.KindResent:
		err = t.receiveResent(b, arrival)
	case rtp.KindSync:
		err = t.receiveSync(b)
	case rtp.KindTimingReply:
		err = t.receiveTimingReply(b, arrival)
	default:
		// No kind that a sender should send
	}
	t.count(kind, err, arrival)
}

func (t *udpTransport) receiveAudio(b []byte, arrival time.Time) error {
	a, err := rtp.ParseAudio(b)
	if err == nil {
		t.deliver(a, false, arrival)
	}
	return err
}

func (t *udpTransport) receiveResent(b []byte, arrival time.Time) error {
	a, err := rtp.ParseResent(b)
	if err == nil {
		t.deliver(a, true, arrival)
	}
	return err
}

func (t *udpTransport) receiveSync(b []byte) error {
	packet, err := rtp.ParseSync(b)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latencyFrames, t.synced = packet.LatencyFrames(), true
	return nil
}

func (t *udpTransport) receiveTimingReply(b []byte, arrival time.Time) error {
	reply, err := rtp.ParseTimingReply(b)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clock.reply(reply, arrival)
	return nil
}

// count counts a packet of the sender.
func (t *udpTransport) count(kind rtp.Kind, err error, arrival time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case errors.Is(err, rtp.ErrNotAvailable):
		t.stats.Unavailable++
	case err != nil:
		t.stats.Malformed++
	case kind == rtp.KindAudio:
		t.stats.Received++
		t.lastAudio = arrival
	case kind == rtp.KindResent:
		t.stats.Resent++
	case kind == rtp.KindSync, kind == rtp.KindTimingReply:
		// Of no use to an operator
	default:
		t.stats.Malformed++
	}
}

// packetStats are the counters so far.
func (t *udpTransport) packetStats() PacketStats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stats
}

// clockStats are the round trip of the best timing reply (0 before the first) and
// the drift of the sender's clock.
func (t *udpTransport) clockStats(now time.Time) (rtt time.Duration, driftPPM float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if best, found := t.clock.best(now); found {
		rtt = best.rtt
	}
	return rtt, t.clock.drift.rate * partsPerMillion
}

// latency is that of the latest sync packet, in frames; false before the first.
func (t *udpTransport) latency() (frames int64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.latencyFrames, t.synced
}

// latestAudio is the arrival of the latest audio packet; zero before the first.
func (t *udpTransport) latestAudio() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lastAudio
}
