package flac_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// BenchmarkAppendFrame encodes a minute of music. "x-realtime" is how much
// faster than the sound it is on one core, "compression" the size by that of
// the PCM. "ratio-to-flac-2" compares the speed with that of flac -2 (which also
// reads and writes files), "size-to-flac-2" the size.
func BenchmarkAppendFrame(b *testing.B) {
	const length = time.Minute
	pcm := music(length)
	for _, blockFrames := range []int{704, 1152, 4096} {
		b.Run(fmt.Sprint(blockFrames), func(b *testing.B) {
			e := newEncoder(b, audio.CD, blockFrames)
			buf := make([]byte, 0, 1<<16)
			size := 0
			encodeAll := func() time.Duration {
				start := time.Now()
				size = 0
				for block := range slices.Chunk(pcm, 2*blockFrames) {
					size += len(e.AppendFrame(buf, block))
				}
				return time.Since(start)
			}
			for b.Loop() {
				encodeAll()
			}
			b.ReportMetric(float64(length)*float64(b.N)/float64(b.Elapsed()), "x-realtime")
			b.ReportMetric(float64(size)/float64(2*len(pcm)), "compression")
			b.ReportAllocs()

			// The rounds alternate and the best of each counts, since other
			// work on the machine only ever slows a round down.
			ours, theirs := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			theirSize := int64(0)
			for range 8 {
				bytes, took := referenceFlac(b, pcm, fmt.Sprint(blockFrames))
				theirSize, theirs = bytes, min(theirs, took)
				ours = min(ours, encodeAll())
			}
			b.ReportMetric(float64(theirs)/float64(ours), "ratio-to-flac-2")
			b.ReportMetric(float64(size)/float64(theirSize), "size-to-flac-2")
		})
	}
}
