package jitter_test

import (
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
)

const (
	frameLength = 352
	delay       = 500 * time.Millisecond
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// delivery is one packet on its way: index n of the stream arrives at.
type delivery struct {
	n      int
	at     time.Duration
	resent bool
}

// played is one step of the output: packet n, or silence frames.
type played struct {
	n      int // -1: silence
	frames int
}

// network plays a stream of packets through a buffer on a simulated clock.
type network struct {
	seq       uint16
	timestamp uint32
	count     int
	delay     time.Duration             // 0: delay
	expect    *jitter.Packet            // what the sender says that it begins with; nil: nothing
	pause     func(n int) time.Duration // how much later packet n is sent than its timestamp says
	deliver   func(n int, sent time.Duration) []delivery
	resend    func(n int, at time.Duration) []delivery
	until     time.Duration
	output    []played
	stats     jitter.Stats
}

func (w *network) sentAt(n int) time.Duration {
	at := audio.CD.Duration(int64(n * frameLength))
	if w.pause != nil {
		at += w.pause(n)
	}
	return at
}

func (w *network) run() {
	buffer := jitter.New(jitter.DefaultOptions(audio.CD, frameLength))
	if w.delay == 0 {
		w.delay = delay
	}
	timeline := jitter.NewTimeline(audio.CD, w.delay, 0)
	if w.expect != nil {
		buffer.Expect(w.expect.Seq, w.expect.Timestamp)
	}
	pending := map[time.Duration][]delivery{}
	add := func(ds []delivery) {
		for _, d := range ds {
			at := d.at.Round(time.Millisecond)
			pending[at] = append(pending[at], d)
		}
	}
	for n := range w.count {
		add(w.deliver(n, w.sentAt(n)))
	}
	if w.until == 0 {
		w.until = w.sentAt(w.count-1) + w.delay + 5*time.Millisecond
	}
	var runs []jitter.Range
	for now := time.Duration(0); now <= w.until; now += time.Millisecond {
		at := epoch.Add(now)
		for _, d := range pending[now] {
			timestamp := w.timestamp + uint32(d.n*frameLength)
			if !d.resent {
				timeline.Observe(timestamp, at)
			}
			payload := binary.BigEndian.AppendUint32(nil, uint32(d.n))
			buffer.Push(at, jitter.Packet{Seq: w.seq + uint16(d.n), Timestamp: timestamp, Resent: d.resent, Payload: payload})
		}
		runs = buffer.Missing(at, timeline.Due, runs[:0])
		for _, r := range runs {
			for i := range r.Count {
				if w.resend != nil {
					add(w.resend(int(r.First+uint16(i)-w.seq), now))
				}
			}
		}
		w.drain(buffer, timeline, at)
	}
	w.stats = buffer.Stats()
}

func (w *network) drain(buffer *jitter.Buffer, timeline *jitter.Timeline, at time.Time) {
	for {
		item := buffer.Pop(at, timeline.Due)
		switch item.Kind {
		case jitter.Empty, jitter.Wait:
			return
		case jitter.Play:
			w.output = append(w.output, played{int(binary.BigEndian.Uint32(item.Payload)), frameLength})
			buffer.Played(item, frameLength)
		default:
			w.output = append(w.output, played{-1, item.Frames})
		}
	}
}

func onTime(n int, sent time.Duration) []delivery {
	return []delivery{{n: n, at: sent + 2*time.Millisecond}}
}

func answer(n int, at time.Duration) []delivery {
	return []delivery{{n: n, at: at + 5*time.Millisecond, resent: true}}
}

// wantExact fails unless packets first..last were played in order, without a
// hole and without silence.
func wantExact(t *testing.T, output []played, first, last int) {
	t.Helper()
	if len(output) != last-first+1 {
		t.Fatalf("want %d packets, got %d steps", last-first+1, len(output))
	}
	for i, p := range output {
		if p.n != first+i {
			t.Fatalf("step %d: want packet %d, got %+v", i, first+i, p)
		}
	}
}

func TestExactWhenNothingIsLost(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	lost := map[int]bool{}
	for i := 20; i < 45; i++ {
		lost[i] = true // 200 ms in one piece
	}
	cases := map[string]*network{
		"in order":                    {deliver: onTime},
		"sequence and timestamp wrap": {seq: 65500, timestamp: 1<<32 - 20*frameLength, deliver: onTime},
		"reordered": {deliver: func(n int, sent time.Duration) []delivery {
			return []delivery{{n: n, at: sent + time.Duration(rng.IntN(100))*time.Millisecond}}
		}},
		"duplicated": {deliver: func(n int, sent time.Duration) []delivery {
			return append(onTime(n, sent), onTime(n, sent+10*time.Millisecond)...)
		}},
		"every tenth lost once": {resend: answer, deliver: func(n int, sent time.Duration) []delivery {
			if n%10 == 3 {
				return nil
			}
			return onTime(n, sent)
		}},
		"a burst of 200 ms lost once": {resend: answer, deliver: func(n int, sent time.Duration) []delivery {
			if lost[n] {
				return nil
			}
			return onTime(n, sent)
		}},
		"first two swapped": {deliver: func(n int, sent time.Duration) []delivery {
			if n == 0 {
				return []delivery{{n: 0, at: 20 * time.Millisecond}}
			}
			return onTime(n, sent)
		}},
	}
	for name, w := range cases {
		t.Run(name, func(t *testing.T) {
			w.count = 200
			w.run()
			wantExact(t, w.output, 0, w.count-1)
			if w.stats.ConcealedFrames+w.stats.StarvedFrames+w.stats.Lost != 0 {
				t.Errorf("want nothing concealed, got %+v", w.stats)
			}
		})
	}
}

func TestPromisedFirstPackets(t *testing.T) {
	const lost = 3 // the first so many, once
	late := func(n int, sent time.Duration) []delivery {
		if n < lost {
			return nil
		}
		return onTime(n, sent)
	}
	cases := map[string]struct {
		expect    *jitter.Packet
		seq       uint16
		timestamp uint32
		first     int // of the packets played
	}{
		"nothing promised":              {nil, 7, 1000, lost},
		"the first one":                 {&jitter.Packet{Seq: 7, Timestamp: 1000}, 7, 1000, 0},
		"the first one, across wraps":   {&jitter.Packet{Seq: 65534, Timestamp: 1<<32 - 9}, 65534, 1<<32 - 9, 0},
		"another timestamp":             {&jitter.Packet{Seq: 7, Timestamp: 1001}, 7, 1000, lost},
		"another numbering":             {&jitter.Packet{Seq: 30000, Timestamp: 99}, 7, 1000, lost},
		"one that lies behind the next": {&jitter.Packet{Seq: 12, Timestamp: 1000 + 5*frameLength}, 7, 1000, lost},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := network{seq: c.seq, timestamp: c.timestamp, count: 100, expect: c.expect, deliver: late, resend: answer}
			w.run()
			wantExact(t, w.output, c.first, w.count-1)
		})
	}
}

func TestPromiseAfterAFlush(t *testing.T) {
	now := func(uint32) time.Time { return epoch }
	b := jitter.New(jitter.DefaultOptions(audio.CD, frameLength))
	b.Expect(1, 1*frameLength)
	b.Flush(epoch, 20, false)
	b.Expect(20, 20*frameLength)
	b.Push(epoch, jitter.Packet{Seq: 22, Timestamp: 22 * frameLength, Payload: []byte{1}})
	item := b.Pop(epoch, now)
	if want := (jitter.Item{Kind: jitter.Conceal, Timestamp: 20 * frameLength, Frames: frameLength, Due: epoch}); !reflect.DeepEqual(want, item) {
		t.Errorf("want %+v, got %+v", want, item)
	}
}

func TestLostForGoodIsConcealedInPlace(t *testing.T) {
	w := network{count: 100, deliver: func(n int, sent time.Duration) []delivery {
		if n == 50 || n == 51 || n == 70 {
			return nil
		}
		return onTime(n, sent)
	}}
	w.run()
	for i, p := range w.output {
		want := played{i, frameLength}
		if i == 50 || i == 51 || i == 70 {
			want.n = -1
		}
		if p != want {
			t.Fatalf("step %d: want %+v, got %+v", i, want, p)
		}
	}
	if w.stats.Lost != 3 || w.stats.ConcealedFrames != 3*frameLength {
		t.Errorf("want 3 lost packets, got %+v", w.stats)
	}
	if w.stats.ResendsRequested < 9 {
		t.Errorf("want each lost packet asked for several times, got %d", w.stats.ResendsRequested)
	}
}

func TestAnswerAfterItsTimeIsDropped(t *testing.T) {
	w := network{count: 100, deliver: func(n int, sent time.Duration) []delivery {
		if n == 50 {
			return []delivery{{n: n, at: sent + delay + 10*time.Millisecond, resent: true}}
		}
		return onTime(n, sent)
	}}
	w.run()
	for i, p := range w.output {
		if want := i; i != 50 && p.n != want {
			t.Fatalf("step %d: want packet %d, got %+v", i, want, p)
		}
	}
	if w.output[50].n != -1 || w.stats.Late != 1 {
		t.Errorf("want packet 50 concealed and late, got %+v %+v", w.output[50], w.stats)
	}
}

func TestVariablePacketLengths(t *testing.T) {
	b := jitter.New(jitter.DefaultOptions(audio.CD, frameLength))
	lengths := []int{352, 100, 352, 7, 4096}
	timestamp := uint32(1<<32 - 400)
	for i, n := range lengths {
		b.Push(epoch, jitter.Packet{Seq: uint16(i), Timestamp: timestamp, Payload: []byte{byte(i)}})
		timestamp += uint32(n)
	}
	due := func(uint32) time.Time { return epoch }
	for i, n := range lengths {
		item := b.Pop(epoch, due)
		if item.Kind != jitter.Play || item.Payload[0] != byte(i) {
			t.Fatalf("want packet %d, got %+v", i, item)
		}
		b.Played(item, n)
	}
}

// A timestamp that jumps an hour ends neither in an hour of silence nor in an
// hour of waiting.
func TestTimestampJump(t *testing.T) {
	const hour = 3600 * 44100
	for name, jump := range map[string]uint32{"ahead": hour, "back": 1<<32 - hour} {
		t.Run(name, func(t *testing.T) {
			b := jitter.New(jitter.DefaultOptions(audio.CD, frameLength))
			timeline := jitter.NewTimeline(audio.CD, delay, 0)
			timestamp := uint32(1000)
			for i := range 100 {
				at := epoch.Add(audio.CD.Duration(int64(i * frameLength)))
				if i == 50 {
					timestamp += jump
				}
				timeline.Observe(timestamp, at)
				b.Push(at, jitter.Packet{Seq: uint16(i), Timestamp: timestamp, Payload: []byte{byte(i)}})
				timestamp += frameLength
			}
			end := epoch.Add(audio.CD.Duration(100*frameLength) + delay)
			next := 0
			for {
				item := b.Pop(end, timeline.Due)
				if item.Kind != jitter.Play {
					break
				}
				if int(item.Payload[0]) != next {
					t.Fatalf("want packet %d, got %d", next, item.Payload[0])
				}
				b.Played(item, frameLength)
				next++
			}
			if next != 100 {
				t.Errorf("want all packets played by then, got %d", next)
			}
		})
	}
}

func TestOversizedPayloadIsRefused(t *testing.T) {
	b := jitter.New(jitter.DefaultOptions(audio.CD, frameLength))
	if b.Push(epoch, jitter.Packet{Payload: make([]byte, 4096)}) {
		t.Error("want a payload beyond any datagram refused")
	}
}

// Whatever the network does, what is played stands at its place in time.
func TestEveryPacketStandsAtItsPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		loss := rapid.Float64Range(0, 0.5).Draw(t, "loss")
		late := rapid.IntRange(0, 700).Draw(t, "late")
		rng := rand.New(rand.NewPCG(seed, 1))
		w := network{
			seq: rapid.Uint16().Draw(t, "seq"), timestamp: rapid.Uint32().Draw(t, "timestamp"), count: 150,
			deliver: func(n int, sent time.Duration) []delivery {
				if n > 0 && rng.Float64() < loss {
					return nil
				}
				if n == 0 || rng.IntN(10) > 0 {
					return onTime(n, sent)
				}
				return []delivery{{n: n, at: sent + time.Duration(rng.IntN(late+1))*time.Millisecond}}
			},
		}
		w.run()
		frames := 0
		for _, p := range w.output {
			if p.n >= 0 && p.n*frameLength != frames {
				t.Fatalf("packet %d: want at frame %d, got it at %d", p.n, p.n*frameLength, frames)
			}
			frames += p.frames
		}
	})
}

func TestNoAllocationOnceWarm(t *testing.T) {
	b := jitter.New(jitter.DefaultOptions(audio.CD, frameLength))
	due := func(uint32) time.Time { return epoch }
	payload := make([]byte, 1415)
	seq := uint16(0)
	step := func() {
		b.Push(epoch, jitter.Packet{Seq: seq, Timestamp: uint32(seq) * frameLength, Payload: payload})
		b.Played(b.Pop(epoch, due), frameLength)
		seq++
	}
	for range 100 {
		step()
	}
	if got := testing.AllocsPerRun(1000, step); got > 0 {
		t.Errorf("want no allocation, got %v a packet", got)
	}
}
