package raop

import "encoding/binary"

// DMAP, the tagged form of track metadata: a four-letter code, a 32-bit
// length, the value; containers hold more of the same. Not read: artwork and
// lists of tracks, which RAOP does not send this way.

const (
	dmapHeaderBytes = 8
	maxDMAPDepth    = 4
)

// A Track is a sender's description of the music; each field may be empty. It has
// only the part of DMAP that speakers and the status page show.
type Track struct {
	Title, Artist, Album string
}

// A description is the content of one DMAP body.
type description struct {
	track Track
	state PlayState
}

// parseDMAP reads the body of a SET_PARAMETER. It never fails: unknown codes are
// skipped, lengths that reach beyond their container are cut.
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
		d.set(code, value)
	}
}

// set stores the value of one code.
func (d *description) set(code string, value []byte) {
	switch code {
	case "minm":
		d.track.Title = cleanText(value)
	case "asar":
		d.track.Artist = cleanText(value)
	case "asal":
		d.track.Album = cleanText(value)
	case "caps", "cmst":
		d.state = playStateOf(dmapNumber(value))
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
