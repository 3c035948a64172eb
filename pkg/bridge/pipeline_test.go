package bridge

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
)

func TestPipelineLeadsWithSilence(t *testing.T) {
	runLine(t, func(l *line) {
		l.send(0, 0)
		l.listen()
		l.send(0, 7)
		if l.heard.Load() != 1 {
			t.Fatalf("want the first audible packet reported, got %d reports", l.heard.Load())
		}
		lead := l.open()
		// Its first packet has been on its way for as long as it lasts.
		if want := audio.CD.Frames(eager+preroll) - packetFrames; lead < want-3 || lead > want+3 {
			t.Errorf("want %d frames of silence before the first, got %d", want, lead)
		}
		l.send(8, 9, 9)
		l.pass(lateness - time.Millisecond)
		l.want(stretch{0, lead}, stretch{7, packetFrames}, stretch{8, packetFrames}, stretch{9, 2 * packetFrames})
		if l.heard.Load() != 1 {
			t.Errorf("want one report, got %d", l.heard.Load())
		}
	})
}

func TestPipelineBeginsAtTheLiveEdge(t *testing.T) {
	runLine(t, func(l *line) {
		l.listen()
		for range 100 {
			l.send(1)
		}
		lead := l.open() // where the first packet was due long ago
		if want := audio.CD.Frames(preroll); lead != want {
			t.Errorf("want %d frames of silence, got %d", want, lead)
		}
		l.pass(lateness + 20*time.Millisecond)
		got := l.stretches()
		left := audio.CD.Frames(eager)
		if len(got) < 2 || got[1].value != 1 || got[1].frames > left+2*packetFrames || got[1].frames < left-2*packetFrames {
			t.Errorf("want the last %d frames, which were not yet due, got %v", left, got)
		}
	})
}

// What follows a FLUSH is due later than what was flushed: silence is in
// between, as long as the time is.
func TestPipelineFillsTheGapOfAFlush(t *testing.T) {
	const pause = 120 * time.Millisecond
	runLine(t, func(l *line) {
		l.listen()
		l.send(1)
		lead := l.open()
		for range 99 {
			l.send(1)
		}
		played := 100*packetFrames - audio.CD.Frames(eager)
		l.flush(raop.Flush{Seq: l.seq, Timestamp: l.at})
		l.listen()
		l.pass(pause)
		l.want(stretch{0, lead}, stretch{1, l.stretches()[1].frames}, stretch{0, l.stretches()[2].frames})
		l.send(2, 2)
		l.pass(lateness - 50*time.Millisecond) // all is out, and what follows not yet missed
		got := l.stretches()
		if len(got) < 4 || got[3] != (stretch{2, 2 * packetFrames}) {
			t.Fatalf("want the sound after the flush, got %v", got)
		}
		if off := got[1].frames - played; off < -2*packetFrames || off > 2*packetFrames {
			t.Errorf("want about %d frames before the flush, got %d", played, got[1].frames)
		}
		// The last frame before the flush was due when 100 packets less the
		// lateness had been sent, the first after it the lateness after the pause.
		want := 100*packetFrames + audio.CD.Frames(pause)
		if off := got[1].frames + got[2].frames - want; off < -3 || off > 3 {
			t.Errorf("want the sound after the flush %d frames after the beginning, got %d", want, got[1].frames+got[2].frames)
		}
		if l.heard.Load() != 2 {
			t.Errorf("want the sound after the flush reported, got %d reports", l.heard.Load())
		}
	})
}

// A FLUSH may leave packets that came before it.
func TestPipelineKeepsWhatTheFlushLeaves(t *testing.T) {
	runLine(t, func(l *line) {
		l.listen()
		l.send(1)
		l.open()
		for range 9 {
			l.send(1)
		}
		for range 5 {
			l.send(2)
		}
		l.flush(raop.Flush{Seq: l.seq - 5, Timestamp: l.at - 5*packetFrames})
		l.send(3)
		l.pass(lateness - 50*time.Millisecond)
		got := l.stretches()
		if len(got) < 3 || got[0].value != 0 || got[1] != (stretch{2, 5 * packetFrames}) || got[2] != (stretch{3, packetFrames}) {
			t.Errorf("want nothing of what was flushed and all that was left, got %v", got)
		}
	})
}

func TestPipelineAsksForHoles(t *testing.T) {
	runLine(t, func(l *line) {
		l.listen()
		l.send(1)
		lead := l.open()
		l.send(1)
		missing := l.seq
		at := l.at
		l.skip()
		for range 20 {
			l.send(3)
		}
		if !slices.Contains(l.asked.runs, missing) {
			t.Fatalf("want packet %d asked for, got %v", missing, l.asked.runs)
		}
		if slices.ContainsFunc(l.asked.runs, func(seq uint16) bool { return seq != missing }) {
			t.Errorf("want no other packet asked for, got %v", l.asked.runs)
		}
		l.push(raop.Packet{Seq: missing, Timestamp: at, Resent: true, Arrival: time.Now(), Payload: payload(2, false)})
		l.pass(lateness)
		got := l.stretches()
		want := []stretch{{0, lead}, {1, 2 * packetFrames}, {2, packetFrames}}
		if len(got) < 4 || !slices.Equal(got[:3], want) {
			t.Errorf("want %v first, got %v", want, got)
		}
	})
}

func TestPipelineFadesOverADamagedPacket(t *testing.T) {
	runLine(t, func(l *line) {
		l.listen()
		l.send(1)
		lead := l.open()
		l.packet(5, true)
		l.send(1)
		l.pass(lateness - time.Millisecond)
		// A fade of so quiet a sound is a step in its middle.
		const half = 88
		l.want(stretch{0, lead}, stretch{1, packetFrames + half}, stretch{0, packetFrames}, stretch{1, packetFrames - half})
		if n := l.undecoded.Load(); n != 1 {
			t.Errorf("want the damaged packet counted once, got %d", n)
		}
	})
}

func TestPipelineGoesQuiet(t *testing.T) {
	runLine(t, func(l *line) {
		l.listen()
		l.send(1)
		l.open()
		l.pass(quietAfter / 2)
		l.send(1)
		l.pass(quietAfter)
		if l.quiet.Load() != 0 {
			t.Error("want silence for a while, not the end")
		}
		l.pass(time.Second)
		if l.quiet.Load() != 1 {
			t.Errorf("want the long silence told once, got %d", l.quiet.Load())
		}
		l.end(l.opens)
		before := len(l.out.all())
		l.pass(quietAfter)
		if l.quiet.Load() != 1 || len(l.out.all()) != before {
			t.Error("want nothing more after the end")
		}
	})
}

func TestPipelineEndsWithTheRestOfABlock(t *testing.T) {
	runLine(t, func(l *line) {
		l.listen()
		l.send(1)
		blocks := &blockEncoder{}
		out, _ := l.begin(voice{}, blocks, l.out, preroll)
		l.pass(lateness)
		if len(l.out.all()) != 0 {
			t.Fatal("want the block kept until it is full")
		}
		l.end(out)
		if want, got := blocks.samples, l.out.all(); len(want) == 0 || !slices.Equal(want, got) {
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

func TestDecoderForWhatIsNotKnown(t *testing.T) {
	for name, params := range map[string]raop.StreamParams{
		"no codec":       {Format: audio.CD, FrameLength: packetFrames},
		"ALAC of nobody": {Codec: raop.ALAC, Format: audio.CD},
	} {
		if _, err := newPipeline(params, lateness, &asked{}); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

// A process that stood still for an hour does not make up for it.
func TestPipelineAfterAStandstill(t *testing.T) {
	runLine(t, func(l *line) {
		l.listen()
		l.send(7)
		l.open()
		before := len(l.out.all())
		l.fill(time.Now().Add(time.Hour))
		if got := (len(l.out.all()) - before) / audio.CD.Channels; got > int(audio.CD.Frames(longestReach)) {
			t.Errorf("want at most %v of silence, got %d frames", longestReach, got)
		}
	})
}
