package stream

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// ICY metadata, introduced by SHOUTcast and supported by players of MP3 streams: a
// player that sends "Icy-MetaData: 1" gets the header icy-metaint, and a block of
// metadata after every icy-metaint bytes of sound:
//
//	 0       1                 1+16n
//	+-------+---- ... ---------+
//	|   n   | text, NULs       |     text: StreamTitle='...';
//	+-------+---- ... ---------+
//
// While the title stays the same, n is 0 and the block is that byte alone.
const (
	icyInterval  = 16000 // bytes of sound: 0.4 s at 320 kbit/s
	icyUnit      = 16    // bytes of text that n counts
	icyTextBytes = 255 * icyUnit
	icyOpen      = "StreamTitle='"
	icyClose     = "';"
)

// wantsICY reports whether an answer to req carries metadata.
func wantsICY(codec audio.Codec, req *http.Request) bool {
	return codec == audio.MP3 && strings.TrimSpace(req.Header.Get("Icy-MetaData")) == "1"
}

// describeICY sets the headers that announce metadata, in the case used by all
// servers.
func describeICY(h http.Header, streamName string) {
	h["icy-metaint"] = []string{strconv.Itoa(icyInterval)}
	if name := plainText(streamName); name != "" {
		h["icy-name"] = []string{name}
	}
}

// An icyWriter inserts metadata into the sound that is written to it.
type icyWriter struct {
	w     io.Writer
	title func() string
	sent  string // title of the last block that had one
	left  int    // bytes until the next block
}

func newICYWriter(w io.Writer, title func() string) *icyWriter {
	return &icyWriter{w: w, title: title, left: icyInterval}
}

// Write returns how many bytes of b, metadata not counted, went out.
func (i *icyWriter) Write(b []byte) (int, error) {
	written := 0
	for {
		n, err := i.w.Write(b[:min(i.left, len(b))])
		written += n
		i.left -= n
		b = b[n:]
		if err != nil || i.left > 0 {
			return written, err
		}
		if _, err := i.w.Write(i.block()); err != nil {
			return written, err
		}
		i.left = icyInterval
		if len(b) == 0 {
			return written, nil
		}
	}
}

// block is the metadata that is due now.
func (i *icyWriter) block() []byte {
	title := i.title()
	if title == i.sent {
		return []byte{0}
	}
	i.sent = title
	return appendICY(nil, title)
}

// appendICY appends a block with a title. A quote cannot be escaped: players read up
// to the next one, or to the next "';". So quotes become typographic ones. A title
// that is too long is cut between two characters.
func appendICY(dst []byte, title string) []byte {
	text := strings.ReplaceAll(plainText(title), "'", "’")
	text = icyOpen + cut(text, icyTextBytes-len(icyOpen)-len(icyClose)) + icyClose
	units := (len(text) + icyUnit - 1) / icyUnit
	dst = append(dst, byte(units))
	dst = append(dst, text...)
	return append(dst, make([]byte, units*icyUnit-len(text))...)
}

// plainText is s in valid UTF-8 without control characters.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
}

// cut shortens s, which is valid UTF-8, to at most limit bytes of whole
// characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// icyTitle is title as plain text of bounded length.
func icyTitle(title string) string { return cut(plainText(title), icyTextBytes) }
