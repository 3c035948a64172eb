package alac_test

import (
	"fmt"

	"github.com/breezeway-audio/breezeway/pkg/audio/alac"
)

func ExampleDecoder_Decode() {
	// The fmtp line of an AirPlay sender: 96 352 0 16 40 10 14 2 255 0 0 44100
	decoder, err := alac.NewDecoder(alac.Config{
		FrameLength: 352, BitDepth: 16, PB: 40, MB: 10, KB: 14, Channels: 2, MaxRun: 255, SampleRate: 44100,
	})
	if err != nil {
		panic(err)
	}
	// A stereo packet of two frames, stored verbatim
	packet := []byte{0x20, 0x00, 0x12, 0x00, 0x00, 0x00, 0x04, 0x07, 0xd1, 0xf8, 0x30, 0x0f, 0xa1, 0xf0, 0x61, 0xc0}
	pcm := make([]int32, 352*2)
	frames, err := decoder.Decode(pcm, packet)
	fmt.Println(frames, pcm[:2*frames], err)
	// Output: 2 [1000 -1000 2000 -2000] <nil>
}
