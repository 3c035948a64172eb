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
	Comment              string
	Duration             time.Duration
	TrackNumber          int
	DiscNumber           int
	Year                 int
	BitRate              int    // of the sender's file, kbit/s
	SampleRate           int    // of the sender's file, Hz
	PersistentID         uint64 // the sender's own, the same for the same track
	ItemID               uint32 // the sender's own, in its database
	Stream               bool   // radio: without an end
	StreamURL            string // where the sender has it from
}

// A description is what one body says.
type description struct {
	track Track
	state PlayState
}

// parseDMAP reads the body of a SET_PARAMETER. It never fails: codes that are
// not known are skipped, lengths that reach beyond their container are cut.
func parseDMAP(body []byte) description {
	var d description
	d.read(body, 0)
	return d
}

func (d *description) read(b []byte, depth int) {
	for len(b) >= dmapHeaderBytes {
		code := string(b[:4])
		length := uint64(binary.BigEndian.Uint32(b[4:]))
		b = b[dmapHeaderBytes:]
		value := b[:min(length, uint64(len(b)))]
		b = b[len(value):]
		if code == "mlit" && depth < maxDMAPDepth {
			d.read(value, depth+1)
			continue
		}
		if text := d.text(code); text != nil {
			*text = cleanText(value)
			continue
		}
		d.setNumber(code, dmapNumber(value))
	}
}

// text is the field of a code that holds text, or nil.
func (d *description) text(code string) *string {
	t := &d.track
	switch code {
	case "minm":
		return &t.Title
	case "asar":
		return &t.Artist
	case "asal":
		return &t.Album
	case "asaa":
		return &t.AlbumArtist
	case "ascp":
		return &t.Composer
	case "asgn":
		return &t.Genre
	case "ascm":
		return &t.Comment
	case "asul":
		return &t.StreamURL
	}
	return nil
}

func (d *description) setNumber(code string, n uint64) {
	t := &d.track
	switch code {
	case "astm":
		t.Duration = time.Duration(uint32(n)) * time.Millisecond
	case "astn":
		t.TrackNumber = int(uint16(n))
	case "asdn":
		t.DiscNumber = int(uint16(n))
	case "asyr":
		t.Year = int(uint16(n))
	case "asbr":
		t.BitRate = int(uint16(n))
	case "assr":
		t.SampleRate = int(uint32(n))
	case "mper":
		t.PersistentID = n
	case "miid":
		t.ItemID = uint32(n)
	case "asdk":
		t.Stream = n == 1
	case "caps", "cmst":
		d.state = playStateOf(n)
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
