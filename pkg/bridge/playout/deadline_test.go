package playout

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// What is complete is passed on early; a packet that is missing, or all of them,
// are waited for as long as the latency says.
func TestWaitsForWhatIsMissing(t *testing.T) {
	const frames = packetFrames
	cases := []struct {
		name   string
		late   time.Duration // of the second packet, behind the first one's sending
		others bool          // packets come behind it meanwhile
		heard  bool
	}{
		{"a packet that is late", latency - 60*time.Millisecond, true, true},
		{"a packet that is too late", latency + 60*time.Millisecond, true, false},
		{"a network that stands still", latency - 60*time.Millisecond, false, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			run(t, func(h *harness) {
				h.packets.Listen()
				h.send(1)
				lead := h.open()
				seq, at, sent := h.seq, h.at, time.Now()
				h.losePacket()
				if c.others {
					for time.Since(sent) < c.late {
						h.send(3)
					}
				} else {
					h.pass(c.late)
				}
				h.resend(seq, at, 2)
				h.pass(2 * latency)
				heard := false
				for _, s := range h.stretches() {
					heard = heard || s.value == 2 && s.frames >= frames // a fade may follow
				}
				if heard != c.heard {
					t.Errorf("want the packet heard %v, got %v", c.heard, h.stretches())
				}
				if first := h.stretches()[0]; first.frames != lead {
					t.Errorf("want the sound right behind the lead of %d frames, got %v", lead, first)
				}
			})
		})
	}
}

func TestPassesOnAfterTheTargetDelay(t *testing.T) {
	run(t, func(h *harness) {
		h.packets.Listen()
		h.send(1)
		h.open()
		h.pass(TargetDelay)
		if got := h.stretches(); len(got) != 2 || got[1].value != 1 {
			t.Errorf("want the first packet passed on after %v, got %v", TargetDelay, got)
		}
		if TargetDelay+Preroll >= latency {
			t.Errorf("want the sound sooner than after %v", latency)
		}
		if audio.CD.Duration(packetFrames) > TargetDelay {
			t.Error("want more than a packet kept")
		}
	})
}

// The first sound waits for the renderer's stream to be opened; where nobody
// opens one, its time passes.
func TestWaitsForItsOutput(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration
		kept  bool
	}{
		{"a slow start", latency - 100*time.Millisecond, true},
		{"no start", 3 * latency, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			run(t, func(h *harness) {
				h.packets.Listen()
				began := time.Now()
				h.send(5)
				for time.Since(began) < c.after {
					h.send(6)
				}
				h.open()
				h.pass(latency)
				got := h.stretches()
				if kept := len(got) > 1 && got[1].value == 5; kept != c.kept {
					t.Errorf("want the first sound kept %v, got %v", c.kept, got)
				}
			})
		})
	}
}

func TestRetransmitDeadline(t *testing.T) {
	const set = 300 * time.Millisecond
	cases := []struct {
		name               string
		sender, held, want time.Duration
	}{
		{"nothing known", 0, 0, set},
		{"a renderer that holds little", 2 * time.Second, 400 * time.Millisecond, set},
		{"a renderer that holds enough", 2 * time.Second, 1500 * time.Millisecond, 1500*time.Millisecond - rendererReserve},
		{"a renderer that holds more than the sender keeps", 2 * time.Second, 10 * time.Second, 2*time.Second - TargetDelay},
		{"a sender that keeps nothing", 0, 10 * time.Second, set},
		{"a renderer that has nothing left", 2 * time.Second, -time.Second, set},
	}
	for _, c := range cases {
		if got := retransmitDeadline(set, c.sender, c.held); got != c.want {
			t.Errorf("%s: want %v, got %v", c.name, c.want, got)
		}
	}
}

// A network that stands still for longer than the latency that was set is not
// heard where all renderers have enough to play, and the sender keeps what it sent.
func TestWaitsWhileRenderersPlay(t *testing.T) {
	const still = 1300 * time.Millisecond
	for _, c := range []struct {
		name  string
		held  [2]time.Duration
		whole bool
	}{
		{"both have enough", [2]time.Duration{3 * time.Second, 2 * time.Second}, true},
		{"one has little", [2]time.Duration{3 * time.Second, 400 * time.Millisecond}, false},
		{"one is not known", [2]time.Duration{3 * time.Second, 0}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			run(t, func(h *harness) {
				h.sender.latency = audio.CD.Frames(2 * time.Second)
				h.packets.Listen()
				h.send(1)
				v := Voice{Codec: audio.L16}
				first, _ := h.openVoice(v)
				second, _ := h.openVoice(v)
				h.SetBuffered(first, c.held[0])
				h.SetBuffered(second, c.held[1])
				h.send(ramp(2, 200)...)
				seq, at := h.seq, h.at
				h.pass(still)
				for range int(audio.CD.Frames(still) / packetFrames) { // all at once, as a network that woke
					h.packets.Push(Packet{Seq: seq, Timestamp: at, Arrival: time.Now(), Payload: payload(7, false)})
					seq, at = seq+1, at+packetFrames
				}
				h.seq, h.at = seq, at
				h.send(ramp(300, 200)...)
				if whole := h.packets.Stats().StarvedFrames == 0; whole != c.whole {
					t.Errorf("want the sound whole %v, got %+v", c.whole, h.packets.Stats())
				}
				if h.Close(second); h.packets.Stats().RetransmitWait == latency-TargetDelay {
					t.Error("want the one that is left waited by")
				}
			})
		})
	}
}

// What an output is to have played moves with the sender's clock, not with what is
// written: blocks come in pieces, and none while a packet is waited for.
func TestOutputIsDueByTheClock(t *testing.T) {
	run(t, func(h *harness) {
		h.packets.Listen()
		h.send(1)
		o, _ := h.openVoice(Voice{Codec: audio.FLAC, BlockFrames: 4096})
		h.send(ramp(2, 300)...)
		off := h.MediaTime(o, time.Now())
		began := time.Now()
		for range 400 {
			h.send(9)
			now := time.Now()
			if moved := h.MediaTime(o, now) - off - now.Sub(began); moved.Abs() > time.Millisecond {
				t.Fatalf("want it to move with the clock, got %v off", moved)
			}
		}
		now := time.Now()
		h.pass(latency / 2) // the network stands still
		if moved := h.MediaTime(o, time.Now()) - off - time.Since(began); moved.Abs() > time.Millisecond {
			t.Errorf("want it to move on while nothing comes, got %v off after %v", moved, time.Since(now))
		}
	})
}
