package mp3_test

import (
	"fmt"

	"github.com/breezeway-audio/breezeway/pkg/audio/mp3"
)

func ExampleEncoder() {
	encoder, err := mp3.NewEncoder(mp3.Config{SampleRate: 44100, Channels: 2, BitrateKbps: 320})
	if err != nil {
		panic(err)
	}
	second := make([]int32, 2*44100) // interleaved: left, right, left, ...
	stream := encoder.Encode(nil, second)
	stream = encoder.Flush(stream)
	fmt.Printf("sync %02x%02x, %d PCM frames in each MP3 frame, %d kbit\n",
		stream[0], stream[1], encoder.FrameLength(), len(stream)*8/1000)
	// Output: sync fffb, 1152 PCM frames in each MP3 frame, 334 kbit
}
