package flac_test

import (
	"fmt"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/flac"
)

func ExampleEncoder() {
	const blockFrames = 4096
	encoder, err := flac.NewEncoder(audio.CD, blockFrames)
	if err != nil {
		panic(err)
	}
	pcm := make([]int32, blockFrames*audio.CD.Channels) // interleaved: left, right, left, ...
	for i := range pcm {
		pcm[i] = int32(i / audio.CD.Channels)
	}
	stream := encoder.AppendHeader(nil)
	header := len(stream)
	stream = encoder.AppendFrame(stream, pcm)
	fmt.Printf("%s, a header of %d bytes, %d bytes of audio from %d of PCM\n",
		stream[:4], header, len(stream)-header, 2*len(pcm))
	// Output: fLaC, a header of 42 bytes, 530 bytes of audio from 16384 of PCM
}
