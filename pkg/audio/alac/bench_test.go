package alac_test

import (
	"testing"
	"time"
)

// BenchmarkDecode decodes each vector over and over. "x-realtime" is how much
// faster than the sound it is on one core; "ratio-to-ffmpeg" compares it with
// ffmpeg's decoder, measured in the same run.
func BenchmarkDecode(b *testing.B) {
	for _, v := range vectors {
		b.Run(v.name, func(b *testing.B) {
			packets := v.packets(b)
			sound := v.sound(b)
			const yardstickSound = 300 * time.Second
			var long [][]byte
			for range yardstickSound / sound {
				long = append(long, packets...)
			}
			ffmpeg := ffmpegDecodes(b, v.config, long)
			ffmpegRate := float64(yardstickSound/sound*sound) / float64(ffmpeg)

			d := newDecoder(b, v.config)
			dst := make([]int32, v.config.FrameLength*v.config.Channels)
			for b.Loop() {
				for _, p := range packets {
					if _, err := d.Decode(dst, p); err != nil {
						b.Fatal(err)
					}
				}
			}
			rate := float64(sound) * float64(b.N) / float64(b.Elapsed())
			b.ReportMetric(rate, "x-realtime")
			b.ReportMetric(rate/ffmpegRate, "ratio-to-ffmpeg")
			b.ReportAllocs()
		})
	}
}
