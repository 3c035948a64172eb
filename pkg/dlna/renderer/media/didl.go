// Package media describes a live stream to a renderer: its URI, its DIDL-Lite
// metadata and its protocolInfo.
package media

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// SchemeRadio is the scheme with which a Sonos player treats an MP3 stream as a radio
// station: it does not seek and does not need a length.
const SchemeRadio = "x-rincon-mp3radio"

// DIDL classes of a live stream (ContentDirectory:1 section 7). The specified
// one is the broadcast; some renderers accept only tracks.
const (
	ClassBroadcast = "object.item.audioItem.audioBroadcast"
	ClassTrack     = "object.item.audioItem.musicTrack"
)

// Media is a live stream to be played. The texts of the metadata are only displayed;
// empty ones are left out.
type Media struct {
	URL          string // http; also inside the metadata, byte for byte: strict players compare
	Codec        audio.Codec
	Format       audio.Format
	ProtocolInfo ProtocolInfo

	Class  string // of the DIDL item; "": ClassBroadcast
	Scheme string // in place of "http" in URL; "": http

	Title      string
	Artist     string
	Album      string
	ArtworkURL string
	Duration   time.Duration // the item's duration in the metadata; 0: endless, none is given
	ASCII      bool          // texts are converted to ASCII, for displays that show nothing else
}

// URI is the URI for SetAVTransportURI.
func (m Media) URI() string {
	if rest, ok := strings.CutPrefix(m.URL, "http:"); ok && m.Scheme != "" {
		return m.Scheme + ":" + rest
	}
	return m.URL
}

// defaultTitle is used where there is none: dc:title is mandatory.
const defaultTitle = "Breezeway"

// maxTextBytes bounds each text of the metadata: some senders put whole
// descriptions into the title, and some devices close the connection over them.
const maxTextBytes = 1 << 10

// DIDL describes m in DIDL-Lite (ContentDirectory:1 section 2.8): one item
// without size. It is not yet escaped for SOAP.
func DIDL(m Media) string {
	var b strings.Builder
	b.WriteString(`<DIDL-Lite xmlns="urn:schemas-upnp-org:metadata-1-0/DIDL-Lite/"` +
		` xmlns:dc="http://purl.org/dc/elements/1.1/"` +
		` xmlns:upnp="urn:schemas-upnp-org:metadata-1-0/upnp/">` +
		`<item id="1" parentID="0" restricted="1">`)
	element(&b, "dc:title", cmp.Or(m.text(m.Title), defaultTitle))
	element(&b, "dc:creator", m.text(m.Artist))
	element(&b, "upnp:artist", m.text(m.Artist))
	element(&b, "upnp:album", m.text(m.Album))
	if len(m.ArtworkURL) <= maxTextBytes { // a URL cannot be shortened
		element(&b, "upnp:albumArtURI", m.ArtworkURL)
	}
	element(&b, "upnp:class", cmp.Or(m.Class, ClassBroadcast))
	m.writeResource(&b)
	b.WriteString(`</item></DIDL-Lite>`)
	return b.String()
}

func (m Media) writeResource(b *strings.Builder) {
	b.WriteString(`<res protocolInfo="` + escape(m.ProtocolInfo.String()) + `"`)
	if m.Duration > 0 {
		b.WriteString(` duration="` + formatTime(m.Duration) + `"`)
	}
	attribute(b, "sampleFrequency", m.Format.SampleRate)
	attribute(b, "nrAudioChannels", m.Format.Channels)
	if m.Codec != audio.MP3 { // MP3 samples have no bit depth
		attribute(b, "bitsPerSample", m.Format.BitDepth)
	}
	b.WriteString(`>` + escape(m.URI()) + `</res>`)
}

// text cleans a text of the sender: one line of valid UTF-8, or of ASCII, of
// bounded length.
func (m Media) text(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
	if m.ASCII {
		s = foldASCII(s)
	}
	return cut(s, maxTextBytes)
}

// cut shortens s to at most limit bytes, between two characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// element writes <name>text</name>; nothing for a text that is empty.
func element(b *strings.Builder, name, text string) {
	if text != "" {
		b.WriteString("<" + name + ">" + escape(text) + "</" + name + ">")
	}
}

// attribute writes name="value"; nothing for a value that is not known.
func attribute(b *strings.Builder, name string, value int) {
	if value > 0 {
		b.WriteString(` ` + name + `="` + strconv.Itoa(value) + `"`)
	}
}

// escape makes s fit for XML text and attributes; what XML cannot hold becomes
// U+FFFD.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // writing to a strings.Builder cannot fail
	return b.String()
}

// formatTime writes "H:MM:SS.mmm" (AVTransport:1 section 2.2.14).
func formatTime(d time.Duration) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%d:%02d:%02d.%03d", ms/3600000, ms/60000%60, ms/1000%60, ms%1000)
}
