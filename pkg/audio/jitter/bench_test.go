package jitter_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
)

// BenchmarkPacket is one packet through the buffer: Observe, Push, Missing and
// Pop, with two seconds of packets waiting.
func BenchmarkPacket(b *testing.B) {
	for _, bench := range []struct {
		name string
		lost float64
	}{{"no loss", 0}, {"5% lost", 0.05}} {
		b.Run(bench.name, func(b *testing.B) {
			const waiting = 2 * time.Second
			rng := rand.New(rand.NewPCG(1, 1))
			buffer := jitter.New(jitter.DefaultOptions(audio.CD, frameLength))
			timeline := jitter.NewTimeline(audio.CD, waiting, 0)
			payload := make([]byte, 1408)
			var runs []jitter.Range
			n := 0
			send := func() {
				now := epoch.Add(audio.CD.Duration(int64(n) * frameLength))
				timestamp := uint32(n * frameLength)
				if n == 0 || rng.Float64() >= bench.lost {
					timeline.Observe(timestamp, now)
					buffer.Push(now, jitter.Packet{Seq: uint16(n), Timestamp: timestamp, Payload: payload})
				}
				runs = buffer.Missing(now, timeline.Due, runs[:0])
				for {
					item := buffer.Pop(now, timeline.Due)
					if item.Kind == jitter.Wait || item.Kind == jitter.Empty {
						break
					}
					if item.Kind == jitter.Play {
						buffer.Played(item, frameLength)
					}
				}
				n++
			}
			for range 2 * packetsPerSecond * int(waiting/time.Second) {
				send()
			}
			b.ReportAllocs()
			for b.Loop() {
				send()
			}
		})
	}
}
