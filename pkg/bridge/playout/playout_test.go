package playout

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

func TestLeadsWithSilence(t *testing.T) {
	run(t, func(h *harness) {
		h.send(0, 0)
		h.packets.Listen()
		h.send(0, 7)
		if h.sounds.Load() != 1 {
			t.Fatalf("want the first audible packet reported, got %d reports", h.sounds.Load())
		}
		lead := h.open()
		// Its first packet has been on its way for as long as it lasts.
		if want := audio.CD.Frames(TargetDelay+Preroll) - packetFrames; lead < want-3 || lead > want+3 {
			t.Errorf("want %d frames of silence before the first, got %d", want, lead)
		}
		h.send(8, 9, 9)
		h.pass(latency - time.Millisecond)
		h.want(stretch{0, lead}, stretch{7, packetFrames}, stretch{8, packetFrames}, stretch{9, 2 * packetFrames})
		if h.sounds.Load() != 1 {
			t.Errorf("want one report, got %d", h.sounds.Load())
		}
	})
}

func TestBeginsAtTheLiveEdge(t *testing.T) {
	run(t, func(h *harness) {
		h.packets.Listen()
		for range 100 {
			h.send(1)
		}
		lead := h.open() // where the first packet was due long ago
		if want := audio.CD.Frames(Preroll); lead != want {
			t.Errorf("want %d frames of silence, got %d", want, lead)
		}
		h.pass(latency + 20*time.Millisecond)
		got := h.stretches()
		left := audio.CD.Frames(TargetDelay)
		if len(got) < 2 || got[1].value != 1 || got[1].frames > left+2*packetFrames || got[1].frames < left-2*packetFrames {
			t.Errorf("want the last %d frames, which were not yet due, got %v", left, got)
		}
	})
}

// What follows a FLUSH is due later than what was flushed: silence is in
// between, as long as the time is.
func TestFillsTheGapOfAFlush(t *testing.T) {
	const pause = 120 * time.Millisecond
	run(t, func(h *harness) {
		h.packets.Listen()
		h.send(1)
		lead := h.open()
		for range 99 {
			h.send(1)
		}
		played := 100*packetFrames - audio.CD.Frames(TargetDelay)
		h.packets.Flush(h.seq, h.at)
		h.packets.Listen()
		h.pass(pause)
		h.want(stretch{0, lead}, stretch{1, h.stretches()[1].frames}, stretch{0, h.stretches()[2].frames})
		h.send(2, 2)
		h.pass(latency - 50*time.Millisecond) // all is out, and what follows not yet missed
		got := h.stretches()
		if len(got) < 4 || got[3] != (stretch{2, 2 * packetFrames}) {
			t.Fatalf("want the sound after the flush, got %v", got)
		}
		if off := got[1].frames - played; off < -2*packetFrames || off > 2*packetFrames {
			t.Errorf("want about %d frames before the flush, got %d", played, got[1].frames)
		}
		// The last frame before the flush was due when 100 packets less the
		// latency had been sent, the first after it the latency after the pause.
		want := 100*packetFrames + audio.CD.Frames(pause)
		if off := got[1].frames + got[2].frames - want; off < -3 || off > 3 {
			t.Errorf("want the sound after the flush %d frames after the beginning, got %d", want, got[1].frames+got[2].frames)
		}
		if h.sounds.Load() != 2 {
			t.Errorf("want the sound after the flush reported, got %d reports", h.sounds.Load())
		}
	})
}

// A FLUSH may leave packets that came before it.
func TestKeepsWhatTheFlushLeaves(t *testing.T) {
	run(t, func(h *harness) {
		h.packets.Listen()
		h.send(1)
		h.open()
		for range 9 {
			h.send(1)
		}
		for range 5 {
			h.send(2)
		}
		h.packets.Flush(h.seq-5, h.at-5*packetFrames)
		h.send(3)
		h.pass(latency - 50*time.Millisecond)
		got := h.stretches()
		if len(got) < 3 || got[0].value != 0 || got[1] != (stretch{2, 5 * packetFrames}) || got[2] != (stretch{3, packetFrames}) {
			t.Errorf("want nothing of what was flushed and all that was left, got %v", got)
		}
	})
}

func TestAsksForHoles(t *testing.T) {
	run(t, func(h *harness) {
		h.packets.Listen()
		h.send(1)
		lead := h.open()
		h.send(1)
		missing := h.seq
		at := h.at
		h.losePacket()
		for range 20 {
			h.send(3)
		}
		if !slices.Contains(h.sender.requested, missing) {
			t.Fatalf("want packet %d asked for, got %v", missing, h.sender.requested)
		}
		if slices.ContainsFunc(h.sender.requested, func(seq uint16) bool { return seq != missing }) {
			t.Errorf("want no other packet asked for, got %v", h.sender.requested)
		}
		h.resend(missing, at, 2)
		h.pass(latency)
		got := h.stretches()
		want := []stretch{{0, lead}, {1, 2 * packetFrames}, {2, packetFrames}}
		if len(got) < 4 || !slices.Equal(got[:3], want) {
			t.Errorf("want %v first, got %v", want, got)
		}
	})
}

func TestFadesOverADamagedPacket(t *testing.T) {
	run(t, func(h *harness) {
		h.packets.Listen()
		h.send(1)
		lead := h.open()
		h.sendPacket(5, true)
		h.send(1)
		h.pass(latency - time.Millisecond)
		// A fade of so quiet a sound is a step in its middle.
		const half = 88
		h.want(stretch{0, lead}, stretch{1, packetFrames + half}, stretch{0, packetFrames}, stretch{1, packetFrames - half})
		if n := h.packets.Undecodable(); n != 1 {
			t.Errorf("want the damaged packet counted once, got %d", n)
		}
	})
}

func TestGoesQuiet(t *testing.T) {
	run(t, func(h *harness) {
		h.packets.Listen()
		h.send(1)
		h.open()
		h.pass(SenderSilent / 2)
		h.send(1)
		h.pass(SenderSilent)
		if h.silents.Load() != 0 {
			t.Error("want silence for a while, not the end")
		}
		h.pass(time.Second)
		if h.silents.Load() != 1 {
			t.Errorf("want the long silence told once, got %d", h.silents.Load())
		}
		h.Close(h.output)
		before := len(h.sink.all())
		h.pass(SenderSilent)
		if h.silents.Load() != 1 || len(h.sink.all()) != before {
			t.Error("want nothing more after the end")
		}
	})
}

func TestEndsWithTheRestOfABlock(t *testing.T) {
	run(t, func(h *harness) {
		h.packets.Listen()
		h.send(1)
		blocks := &blockEncoder{}
		out, _ := h.Open(Voice{}, blocks, h.sink, Preroll)
		h.pass(latency)
		if len(h.sink.all()) != 0 {
			t.Fatal("want the block kept until it is full")
		}
		h.Close(out)
		if want, got := blocks.samples, h.sink.all(); len(want) == 0 || !slices.Equal(want, got) {
			t.Errorf("want all %d samples at the end, got %d", len(want), len(got))
		}
	})
}

// A blockEncoder keeps all until Flush.
type blockEncoder struct{ samples []int32 }

func (e *blockEncoder) Header() []byte   { return nil }
func (e *blockEncoder) BlockFrames() int { return 1 << 20 }

func (e *blockEncoder) Encode(dst []byte, pcm []int32) []byte {
	e.samples = append(e.samples, pcm...)
	return dst
}

func (e *blockEncoder) Flush(dst []byte) []byte {
	for _, s := range e.samples {
		dst = binary.BigEndian.AppendUint16(dst, uint16(s))
	}
	return dst
}

// A process that stood still for an hour does not make up for it.
func TestAfterAStandstill(t *testing.T) {
	run(t, func(h *harness) {
		h.packets.Listen()
		h.send(7)
		h.open()
		before := len(h.sink.all())
		h.fillBreak(time.Now().Add(time.Hour))
		if got := (len(h.sink.all()) - before) / audio.CD.Channels; got > int(audio.CD.Frames(longestFill)) {
			t.Errorf("want at most %v of silence, got %d frames", longestFill, got)
		}
	})
}
