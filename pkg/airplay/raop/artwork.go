package raop

import "bytes"

// maxArtworkBytes bounds a cover; phones send 20 to 500 kB. A larger one is as
// good as none.
const maxArtworkBytes = 4 << 20

// imageTypes are the supported image formats, each with the bytes at its beginning.
// The sender's Content-Type is ignored: some senders call every picture a JPEG. SVG
// is left out: it may contain scripts.
var imageTypes = []struct {
	start     string
	container string // after the length that follows start, if any
	name      string
}{
	{"\xff\xd8\xff", "", "image/jpeg"},
	{"\x89PNG\r\n\x1a\n", "", "image/png"},
	{"GIF8", "", "image/gif"},
	{"RIFF", "WEBP", "image/webp"},
}

const riffLengthBytes = 4

// artworkOf makes the event for a body that was sent as an image. A body that is
// empty, too large or in an unsupported format becomes an event without a picture.
func artworkOf(body []byte) Artwork {
	if len(body) > maxArtworkBytes {
		return Artwork{}
	}
	for _, known := range imageTypes {
		rest, ok := bytes.CutPrefix(body, []byte(known.start))
		if !ok {
			continue
		}
		if known.container == "" || bytes.HasPrefix(rest[min(riffLengthBytes, len(rest)):], []byte(known.container)) {
			return Artwork{Type: known.name, Data: body}
		}
	}
	return Artwork{}
}
