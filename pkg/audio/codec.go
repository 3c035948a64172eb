package audio

import (
	"fmt"
	"strings"
)

// A Codec is a form in which a renderer takes the sound.
type Codec uint8

const (
	CodecUnknown Codec = iota
	FLAC               // lossless, any block size
	WAV                // RIFF header, little-endian PCM
	L16                // headerless big-endian PCM (RFC 3551 section 4.5.11)
	MP3                // MPEG-1 Layer III, constant bit rate
)

var codecNames = [...]string{"unknown", "flac", "wav", "l16", "mp3"}

// String returns the name that the configuration uses: "flac", "wav", ...
func (c Codec) String() string {
	if int(c) < len(codecNames) {
		return codecNames[c]
	}
	return fmt.Sprintf("Codec(%d)", uint8(c))
}

// Extension is the file ending that renderers expect in a URL, with its dot.
func (c Codec) Extension() string {
	if c == L16 {
		return ".pcm"
	}
	return "." + c.String()
}

// ParseCodec turns a name of String, in any case, into its Codec.
func ParseCodec(name string) (Codec, error) {
	for i, n := range codecNames[1:] {
		if strings.EqualFold(n, name) {
			return Codec(i + 1), nil
		}
	}
	return CodecUnknown, fmt.Errorf("audio: unknown codec %q: use flac, wav, l16 or mp3", name)
}
