package audio_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

func TestL16Decoder(t *testing.T) {
	payload := []byte{0x00, 0x01, 0xff, 0xff, 0x7f, 0xff, 0x80, 0x00}
	dst := make([]int32, 4)
	frames, err := audio.L16Decoder{Format: audio.CD}.Decode(dst, payload)
	if want := []int32{1, -1, 32767, -32768}; frames != 2 || err != nil || !slices.Equal(want, dst) {
		t.Errorf("want 2 frames %v, got %d frames %v, %v", want, frames, dst, err)
	}
	for length := range payload {
		_, err := audio.L16Decoder{Format: audio.CD}.Decode(dst, payload[:length])
		if whole := length%4 == 0; (err == nil) != whole || err != nil && !errors.Is(err, audio.ErrPartialFrame) {
			t.Errorf("%d bytes: want an error unless the frames are whole, got %v", length, err)
		}
	}
	if _, err := (audio.L16Decoder{Format: audio.CD}).Decode(dst[:2], payload); err == nil {
		t.Error("want an error where dst is too short")
	}
}
