package renderer

import (
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// Media is a live stream to be played.
type Media struct {
	URL          string // also inside the metadata, byte for byte: strict players compare
	Codec        audio.Codec
	Format       audio.Format
	Title        string // shown by the renderer
	ProtocolInfo ProtocolInfo
}

// defaultTitle stands where there is none: dc:title must not be missing.
const defaultTitle = "Breezeway"

// DIDL describes m in DIDL-Lite (ContentDirectory:1 section 2.8): one item of
// class audioBroadcast, without size or duration since it has none. It is not
// yet escaped for SOAP.
func DIDL(m Media) string {
	title := m.Title
	if strings.TrimSpace(title) == "" {
		title = defaultTitle
	}
	var b strings.Builder
	b.WriteString(`<DIDL-Lite xmlns="urn:schemas-upnp-org:metadata-1-0/DIDL-Lite/"` +
		` xmlns:dc="http://purl.org/dc/elements/1.1/"` +
		` xmlns:upnp="urn:schemas-upnp-org:metadata-1-0/upnp/">` +
		`<item id="1" parentID="0" restricted="1"><dc:title>`)
	b.WriteString(escape(title))
	b.WriteString(`</dc:title><upnp:class>object.item.audioItem.audioBroadcast</upnp:class><res protocolInfo="`)
	b.WriteString(escape(m.ProtocolInfo.String()))
	b.WriteString(`"`)
	attribute(&b, "sampleFrequency", m.Format.SampleRate)
	attribute(&b, "nrAudioChannels", m.Format.Channels)
	if m.Codec != audio.MP3 { // its samples have no width
		attribute(&b, "bitsPerSample", m.Format.BitDepth)
	}
	b.WriteString(`>`)
	b.WriteString(escape(m.URL))
	b.WriteString(`</res></item></DIDL-Lite>`)
	return b.String()
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
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}
