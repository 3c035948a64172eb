package alac_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// BenchmarkDecode decodes each vector over and over. "x-realtime" is how much
// faster than the sound it is on one core.
func BenchmarkDecode(b *testing.B) {
	for _, v := range vectors {
		b.Run(v.name, func(b *testing.B) {
			packets := v.packets(b)
			for b.Loop() {
				decodeAll(b, v, packets)
			}
			b.ReportMetric(float64(v.sound(b))*float64(b.N)/float64(b.Elapsed()), "x-realtime")
			if ratio, ok := ratioToFFmpeg(b, v); ok {
				b.ReportMetric(ratio, "ratio-to-ffmpeg")
			}
		})
	}
}

// BenchmarkHostile decodes damaged packets and those that cost most: two
// passes, 30 coefficients, all of which move. "worst-packet-us" is the longest
// that any packet took, the best of all rounds, so that a preempted round does
// not count.
func BenchmarkHostile(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 3))
	packets := damaged(b, 5000)
	for range 20 {
		e := someEncoder(rng, 352, 30)
		e.config, e.escape, e.mode, e.denShift, e.bytesShifted = airplay(), false, 1, 15, 0
		packets = append(packets, e.packet(somePCM(rng, e.config, 352)))
	}
	best := make([]time.Duration, len(packets))
	d := newDecoder(b, airplay())
	dst := make([]int32, 704)
	for b.Loop() {
		for i, p := range packets {
			start := time.Now()
			_, _ = d.Decode(dst, p) // damage may or may not be noticed
			if took := time.Since(start); best[i] == 0 || took < best[i] {
				best[i] = took
			}
		}
	}
	b.ReportMetric(float64(slices.Max(best).Nanoseconds())/1e3, "worst-packet-us")
}
