package speaker

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"testing"
)

// FuzzSource checks that no stream, however damaged, breaks the player.
func FuzzSource(f *testing.F) {
	for _, seed := range []string{
		// WAV: 44.1 kHz, stereo, 16 bit, endless, one frame
		"52494646ffffffff57415645666d7420100000000100020044ac000010b102000400100064617461ffffffff01000200",
		// FLAC: STREAMINFO of 44.1 kHz, stereo, 16 bit
		"664c614380000022100010000000000000000ac442f00000000000000000000000000000000000000000",
	} {
		b, err := hex.DecodeString(seed)
		if err != nil {
			f.Fatal(err)
		}
		if _, _, err := openSource(bufio.NewReader(bytes.NewReader(b)), ""); err != nil {
			f.Fatal(err)
		}
		f.Add(b, "audio/L16;rate=44100;channels=2")
	}
	f.Add([]byte("\xff\xfb\x90\x00 a frame cut off"), "audio/mpeg")
	f.Fuzz(func(t *testing.T, b []byte, contentType string) {
		_, src, err := openSource(bufio.NewReader(bytes.NewReader(b)), contentType)
		if err != nil {
			return
		}
		if err := checkFormat(src.format()); err != nil {
			t.Fatal(err)
		}
		block := make([]int32, 441*src.format().Channels)
		for err == nil {
			var frames int
			frames, err = src.read(block)
			if frames < 0 || frames > 441 {
				t.Fatalf("want at most 441 frames, got %d", frames)
			}
		}
	})
}
