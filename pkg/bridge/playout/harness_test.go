package playout

import (
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	packetFrames = 352
	latency      = 500 * time.Millisecond // by which packets may be late
)

// A recordingSink keeps what is written, as packed 16-bit samples.
type recordingSink struct {
	mu      sync.Mutex // guards below
	samples []int32
}

func (s *recordingSink) Write(b []byte, _ int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := 0; at+2 <= len(b); at += 2 {
		s.samples = append(s.samples, int32(int16(binary.BigEndian.Uint16(b[at:]))))
	}
	return nil
}

func (s *recordingSink) all() []int32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.samples)
}

// A fakeSender notes which packets it is asked for again.
type fakeSender struct {
	requested []uint16
	latency   int64 // frames that it expects
}

func (s *fakeSender) Latency() (int64, bool) { return s.latency, true }

func (s *fakeSender) RequestResend(first uint16, count int) error {
	for i := range count {
		s.requested = append(s.requested, first+uint16(i))
	}
	return nil
}

// A harness is a playout of L16 packets in a bubble of fake time.
type harness struct {
	*Playout
	t       *testing.T
	packets *PacketSource
	sender  *fakeSender
	sink    *recordingSink
	output  *Output      // to sink
	seq     uint16       // of the next packet
	at      uint32       // its timestamp
	sounds  atomic.Int32 // times that OnSound was called
	silents atomic.Int32 // times that OnSilent was
}

// run runs test with a playout that plays.
func run(t *testing.T, test func(h *harness)) {
	synctest.Test(t, func(t *testing.T) {
		h := &harness{t: t, sender: &fakeSender{}, sink: &recordingSink{}, seq: 1<<16 - 20, at: 1<<32 - 4000}
		packets, err := NewPacketSource(PacketOptions{
			Format: audio.CD, FrameLength: packetFrames, Latency: latency, Sender: h.sender,
			NewDecoder: func() (Decoder, error) { return audio.L16Decoder{Format: audio.CD}, nil },
			OnSound: func(arrival time.Time) {
				h.AwaitOutput(arrival.Add(latency))
				h.sounds.Add(1)
			},
			OnSilent: func() { h.silents.Add(1) },
		})
		if err != nil {
			t.Fatal(err)
		}
		h.packets, h.Playout = packets, New(audio.CD, packets)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- h.Run(ctx) }()
		test(h)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// payload is a packet's worth of one value; damaged, it lacks two bytes.
func payload(value int16, damaged bool) []byte {
	b := make([]byte, 0, 4*packetFrames)
	for range 2 * packetFrames {
		b = binary.BigEndian.AppendUint16(b, uint16(value))
	}
	if damaged {
		return b[2:]
	}
	return b
}

// send sends a packet of each value, in real time.
func (h *harness) send(values ...int16) {
	for _, v := range values {
		h.sendPacket(v, false)
	}
}

func (h *harness) sendPacket(value int16, damaged bool) {
	h.packets.Push(Packet{Seq: h.seq, Timestamp: h.at, Arrival: time.Now(), Payload: payload(value, damaged)})
	h.losePacket()
}

// losePacket sends no packet: its time passes.
func (h *harness) losePacket() {
	h.seq++
	h.at += packetFrames
	h.pass(audio.CD.Duration(packetFrames))
}

// resend answers a request for a packet.
func (h *harness) resend(seq uint16, timestamp uint32, value int16) {
	h.packets.Push(Packet{Seq: seq, Timestamp: timestamp, Resent: true, Arrival: time.Now(), Payload: payload(value, false)})
}

// pass lets time pass.
func (h *harness) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// open opens the output to sink and returns its lead, in frames.
func (h *harness) open() int64 {
	v := Voice{Codec: audio.L16}
	encoder, err := v.NewEncoder(audio.CD, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	var lead time.Duration
	h.output, lead = h.Open(v, encoder, h.sink, Preroll)
	return audio.CD.Frames(lead)
}

// openVoice opens a further output, of a voice, and returns its sink.
func (h *harness) openVoice(v Voice) (*Output, *recordingSink) {
	h.t.Helper()
	encoder, err := v.NewEncoder(audio.CD, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	sink := &recordingSink{}
	o, _ := h.Open(v, encoder, sink, Preroll)
	return o, sink
}

// A stretch is how many frames of one value follow each other.
type stretch struct {
	value  int32
	frames int64
}

// stretches are what the sink has recorded.
func (h *harness) stretches() []stretch {
	var found []stretch
	all := h.sink.all()
	for i := 0; i < len(all); i += audio.CD.Channels {
		if n := len(found); n == 0 || found[n-1].value != all[i] {
			found = append(found, stretch{value: all[i]})
		}
		found[len(found)-1].frames++
	}
	return found
}

// want fails the test unless the sink holds these stretches. Those of silence
// may be off by what the clock of nanoseconds rounds.
func (h *harness) want(want ...stretch) {
	h.t.Helper()
	got := h.stretches()
	ok := len(got) == len(want)
	for i := 0; ok && i < len(want); i++ {
		slack := int64(0)
		if want[i].value == 0 {
			slack = 3
		}
		off := got[i].frames - want[i].frames
		ok = got[i].value == want[i].value && -slack <= off && off <= slack
	}
	if !ok {
		h.t.Errorf("want %v, got %v", want, got)
	}
}
