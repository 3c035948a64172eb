package jitter_test

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
)

func TestFlush(t *testing.T) {
	push := func(b *jitter.Buffer, at time.Duration, seqs ...uint16) {
		for _, seq := range seqs {
			b.Push(epoch.Add(at), jitter.Packet{Seq: seq, Timestamp: uint32(seq) * frameLength, Payload: []byte{1}})
		}
	}
	now := func(uint32) time.Time { return epoch }
	cases := []struct {
		name  string
		flush func(b *jitter.Buffer) (kept bool)
		after []uint16
		at    time.Duration
		want  []uint16
	}{
		{"all", func(b *jitter.Buffer) bool { return b.Flush(epoch, 0, true) }, []uint16{30, 31}, 0, []uint16{30, 31}},
		{"by number", func(b *jitter.Buffer) bool { return b.Flush(epoch, 15, false) }, []uint16{15, 16}, 0, []uint16{15, 16}},
		{"keeps what was sent after it", func(b *jitter.Buffer) bool { return b.Flush(epoch, 13, false) }, []uint16{15}, 0, []uint16{13, 14, 15}},
		{"stragglers dropped", func(b *jitter.Buffer) bool { return b.Flush(epoch, 20, false) }, []uint16{15, 16, 20, 21}, 0, []uint16{20, 21}},
		{"restart below the number", func(b *jitter.Buffer) bool { return b.Flush(epoch, 20, false) }, []uint16{15, 16}, 2 * time.Second, []uint16{15, 16}},
		{"number of another stream", func(b *jitter.Buffer) bool { return b.Flush(epoch, 40000, false) }, []uint16{3, 4}, 0, []uint16{3, 4}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := jitter.New(jitter.DefaultOptions(audio.CD, frameLength))
			push(b, 0, 10, 11, 12, 13, 14)
			if got, want := c.flush(b), c.name == "keeps what was sent after it"; got != want {
				t.Errorf("want kept %v, got %v", want, got)
			}
			push(b, c.at, c.after...)
			for _, want := range c.want {
				item := b.Pop(epoch.Add(c.at), now)
				if item.Kind != jitter.Play || item.Seq != want {
					t.Fatalf("want packet %d, got %v %d", want, item.Kind, item.Seq)
				}
				b.Played(item, frameLength)
			}
		})
	}
}

func TestFlushBeforeTheFirstPacket(t *testing.T) {
	b := jitter.New(jitter.DefaultOptions(audio.CD, frameLength))
	b.Flush(epoch, 100, false)
	if b.Push(epoch, jitter.Packet{Seq: 99, Payload: []byte{1}}) {
		t.Error("want a packet from before the flush refused")
	}
	if !b.Push(epoch, jitter.Packet{Seq: 100, Payload: []byte{1}}) {
		t.Error("want the first packet after the flush taken")
	}
}
