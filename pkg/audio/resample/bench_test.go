package resample_test

import (
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/encode"
	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
)

// Each turn is a second of stereo sound in packets.

func packets() [][]int32 {
	pcm := tone(997, 1, 16)
	for i := range pcm {
		pcm[i] += int32(i * 7919 % 601) // noise, for the encoder to earn its time
	}
	var cut [][]int32
	for len(pcm) > 0 {
		n := min(2*352, len(pcm))
		cut, pcm = append(cut, pcm[:n]), pcm[n:]
	}
	return cut
}

func BenchmarkCopy(b *testing.B) {
	second, dst := packets(), make([]int32, 0, 4*352)
	for b.Loop() {
		for _, packet := range second {
			dst = append(dst[:0], packet...)
		}
	}
}

func benchmarkResample(b *testing.B, ppm float64) {
	second, dst := packets(), make([]int32, 0, 4*352)
	r := resample.New(audio.CD)
	r.SetPPM(ppm)
	for b.Loop() {
		for _, packet := range second {
			dst = r.Process(dst[:0], packet)
		}
	}
}

func BenchmarkPass(b *testing.B)     { benchmarkResample(b, 0) }
func BenchmarkResample(b *testing.B) { benchmarkResample(b, 100) }

func BenchmarkFLAC(b *testing.B) {
	encoder, err := encode.New(audio.FLAC, audio.CD, encode.Options{})
	if err != nil {
		b.Fatal(err)
	}
	second, dst := packets(), make([]byte, 0, 1<<16)
	for b.Loop() {
		for _, packet := range second {
			dst = encoder.Encode(dst[:0], packet)
		}
	}
}
