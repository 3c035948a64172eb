package raop

import (
	"encoding/binary"
	"time"
)

// DMAP, the tagged form of track metadata: a four-letter code, a 32-bit
// length, the value; containers hold more of the same. Not read: artwork and
// lists of tracks, which RAOP does not send this way.

const (
	dmapHeaderBytes = 8
	maxDMAPDepth    = 4
)

// A Track is what a sender tells about the music; each field may be zero.
type Track struct {
	Title, Artist, Album string
	AlbumArtist          string
	Composer, Genre      string
	Duration             time.Duration
	TrackNumber          int
	DiscNumber           int
	PersistentID         uint64 // the sender's own, the same for the same track
	Stream               bool   // radio: without an end
}

// parseDMAP reads the body of a SET_PARAMETER. It never fails: codes that are
// not known are skipped, lengths that reach beyond their container are cut.
func parseDMAP(body []byte) Track {
	var t Track
	t.readDMAP(body, 0)
	return t
}

func (t *Track) readDMAP(b []byte, depth int) {
	for len(b) >= dmapHeaderBytes {
		code := string(b[:4])
		length := uint64(binary.BigEndian.Uint32(b[4:]))
		b = b[dmapHeaderBytes:]
		value := b[:min(length, uint64(len(b)))]
		b = b[len(value):]
		if code == "mlit" && depth < maxDMAPDepth {
			t.readDMAP(value, depth+1)
			continue
		}
		t.set(code, value)
	}
}

func (t *Track) set(code string, value []byte) {
	switch code {
	case "minm":
		t.Title = cleanText(value)
	case "asar":
		t.Artist = cleanText(value)
	case "asal":
		t.Album = cleanText(value)
	case "asaa":
		t.AlbumArtist = cleanText(value)
	case "ascp":
		t.Composer = cleanText(value)
	case "asgn":
		t.Genre = cleanText(value)
	case "astm":
		t.Duration = time.Duration(uint32(dmapNumber(value))) * time.Millisecond
	case "astn":
		t.TrackNumber = int(uint16(dmapNumber(value)))
	case "asdn":
		t.DiscNumber = int(uint16(dmapNumber(value)))
	case "mper":
		t.PersistentID = dmapNumber(value)
	case "asdk":
		t.Stream = dmapNumber(value) == 1
	}
}

// dmapNumber reads a big-endian number of up to eight bytes.
func dmapNumber(b []byte) uint64 {
	var n uint64
	for _, digit := range b[:min(len(b), 8)] {
		n = n<<8 | uint64(digit)
	}
	return n
}
