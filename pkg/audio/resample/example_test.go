package resample_test

import (
	"fmt"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
)

// A renderer whose clock runs 100 ppm fast needs 100 frames more in a million: 265
// in a minute, less what the gradual start takes away.
func ExampleResampler() {
	r := resample.New(audio.CD)
	r.SetPPM(100)
	silence := make([]int32, 441*audio.CD.Channels) // 10 ms
	var out []int32
	frames := 0
	for range 60 * 100 { // a minute
		out = r.Process(out[:0], silence)
		frames += len(out) / audio.CD.Channels
	}
	frames += len(r.Flush(nil)) / audio.CD.Channels
	fmt.Println("extra frames:", frames-60*44100)
	// Output: extra frames: 256
}
