package media_test

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/media"
)

func TestDIDL(t *testing.T) {
	m := media.Media{
		URL:          "http://10.0.0.1:7080/stream/AB/1.flac",
		Codec:        audio.FLAC,
		Format:       audio.CD,
		Title:        `Küche & "Bad" <1>` + "\x01",
		ProtocolInfo: media.ProtocolInfo{Protocol: "http-get", Network: "*", MIME: "audio/flac", Features: "*"},
	}
	want := `<DIDL-Lite xmlns="urn:schemas-upnp-org:metadata-1-0/DIDL-Lite/" xmlns:dc="http://purl.org/dc/elements/1.1/"` +
		` xmlns:upnp="urn:schemas-upnp-org:metadata-1-0/upnp/"><item id="1" parentID="0" restricted="1">` +
		"<dc:title>Küche &amp; &#34;Bad&#34; &lt;1&gt;\uFFFD</dc:title>" +
		`<upnp:class>object.item.audioItem.audioBroadcast</upnp:class>` +
		`<res protocolInfo="http-get:*:audio/flac:*" sampleFrequency="44100" nrAudioChannels="2" bitsPerSample="16">` +
		`http://10.0.0.1:7080/stream/AB/1.flac</res></item></DIDL-Lite>`
	if got := media.DIDL(m); got != want {
		t.Errorf("want %s\n got %s", want, got)
	}

	m.Codec, m.Title = audio.MP3, " "
	got := media.DIDL(m)
	if strings.Contains(got, "bitsPerSample") || !strings.Contains(got, "<dc:title>Breezeway</dc:title>") {
		t.Errorf("MP3 without a title: %s", got)
	}
}

func TestDIDLWithMetadata(t *testing.T) {
	m := media.Media{
		URL: "http://10.0.0.1/1.mp3?a&b", Codec: audio.MP3, Class: "object.item.audioItem.musicTrack", Scheme: media.SchemeRadio,
		Title: "“Où”\n 🎵", Artist: "A & B", Album: "<C>", ArtworkURL: "http://10.0.0.1/art?x&y", Duration: 83*time.Minute + 1500*time.Millisecond,
		ProtocolInfo: media.ProtocolInfo{Protocol: "http-get", Network: "*", MIME: "audio/mpeg", Features: "*"},
	}
	want := `<dc:title>“Où” 🎵</dc:title><dc:creator>A &amp; B</dc:creator><upnp:artist>A &amp; B</upnp:artist>` +
		`<upnp:album>&lt;C&gt;</upnp:album><upnp:albumArtURI>http://10.0.0.1/art?x&amp;y</upnp:albumArtURI>` +
		`<upnp:class>object.item.audioItem.musicTrack</upnp:class>` +
		`<res protocolInfo="http-get:*:audio/mpeg:*" duration="1:23:01.500">x-rincon-mp3radio://10.0.0.1/1.mp3?a&amp;b</res>`
	if got := media.DIDL(m); !strings.Contains(got, want) {
		t.Errorf("want %s\n got %s", want, got)
	}
	m.ASCII = true
	if got, want := media.DIDL(m), `<dc:title>&#34;Ou&#34; ?</dc:title>`; !strings.Contains(got, want) {
		t.Errorf("ASCII: want %s, got %s", want, got)
	}
}

// Texts keep to 1 KiB and end between two characters; half a URL is none.
func TestDIDLBounds(t *testing.T) {
	long := strings.Repeat("é\xff", 4000)
	got := media.DIDL(media.Media{URL: "u", Title: long, Artist: "x" + long, Album: long, ArtworkURL: "http://" + long})
	if !utf8.ValidString(got) || len(got) > 6000 {
		t.Errorf("want short UTF-8, got %d bytes", len(got))
	}
	if strings.Contains(got, "albumArtURI") {
		t.Error("an endless artwork URL was kept")
	}
	title, _, _ := strings.Cut(strings.SplitN(got, "<dc:title>", 2)[1], "</")
	if len(title) < 1000 || len(title) > 1024 {
		t.Errorf("want a title of about 1 KiB, got %d bytes", len(title))
	}
}

// Whatever the title and URL, the document can be read and holds the URL byte
// for byte.
func FuzzDIDL(f *testing.F) {
	f.Add("title", "artist", "http://h/1.flac?a=1&b=2")
	f.Fuzz(func(t *testing.T, title, artist, url string) {
		var doc struct {
			Item struct {
				Title string `xml:"title"`
				Res   string `xml:"res"`
			} `xml:"item"`
		}
		text := media.DIDL(media.Media{URL: url, Title: title, Artist: artist, Album: title, ArtworkURL: url, ASCII: len(title)%2 == 0})
		if err := xml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if want := strings.Map(xmlRune, url); doc.Item.Res != want {
			t.Errorf("want %q, got %q", want, doc.Item.Res)
		}
		if doc.Item.Title == "" {
			t.Errorf("no title in %s", text)
		}
	})
}

// xmlRune is r where XML 1.0 can hold it.
func xmlRune(r rune) rune {
	if r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 {
		return r
	}
	return 0xFFFD
}
