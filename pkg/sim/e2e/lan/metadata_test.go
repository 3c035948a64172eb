//go:build linux

package lan_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
)

const (
	transportControl = "/upnp/control/rendertransport1" // of gmediarender
	transportType    = "urn:schemas-upnp-org:service:AVTransport:1"
)

// What a sender says of its music reaches gmediarender in DIDL-Lite, with a cover
// that can be fetched, and whoever asks the stream for titles as ffprobe does.
func TestMetadataReachesTheSpeaker(t *testing.T) {
	t.Parallel()
	binary := build(t)
	lan := lab.NewLAN(t, "bridge", "sender", "speaker")
	s := &testLAN{lan: lan, binary: binary, host: lan.Host("bridge"), from: lan.Host("sender"), env: []string{longLatency, "BREEZEWAY_CODEC=mp3"}}
	speaker := lan.Host("speaker").StartSpeaker(t, "Lounge")
	phone := connectSimSender(t, s.from, s.start(t).offered(t, "Lounge", offeredWithin))
	said := sender.Metadata{Title: `"Ja" & <Nein> 🎵` + strings.Repeat(" lang", 150), Artist: "Sigur Rós & Søn", Album: `It's "1 > 0"`}
	cover := append([]byte("\xff\xd8\xff\xe0"), bytes.Repeat([]byte("cover"), 3<<20/5)...)
	if err := phone.SetMetadata(t.Context(), said); err != nil {
		t.Fatal(err)
	}
	if err := phone.SetArtwork(t.Context(), "image/jpeg", cover); err != nil {
		t.Fatal(err)
	}
	phone.play(t, lab.Tone(20*time.Second, 1))
	lab.Until(t, foundWithin, "the speaker plays", func() bool { return len(speaker.Played(t)) > 0 })

	client := lan.Host("speaker").HTTP()
	url, didl := mediaInfo(t, client, speaker)
	item := didl.Item
	if item.Title != said.Title || item.Artist != said.Artist || item.Album != said.Album {
		t.Errorf("want %+v in the metadata, got %+v", said, item)
	}
	if got := fetch(t, client, item.Cover); !bytes.Equal(cover, got) {
		t.Errorf("want a cover of %d bytes, got %d", len(cover), len(got))
	}
	if want, got := said.Artist+" - "+said.Title, streamTitle(t, lan.Host("speaker"), url); got != want {
		t.Errorf("want the title %q in the stream, got %q", want, got)
	}
}

// A didlLite is what of it is looked at.
type didlLite struct {
	Item struct {
		Title  string `xml:"title"`
		Artist string `xml:"artist"`
		Album  string `xml:"album"`
		Cover  string `xml:"albumArtURI"`
	} `xml:"item"`
}

// mediaInfo asks the speaker what it was given to play.
func mediaInfo(t *testing.T, client *http.Client, speaker *lab.Speaker) (url string, didl didlLite) {
	t.Helper()
	const body = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"` +
		` s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body><u:GetMediaInfo xmlns:u="` + transportType +
		`"><InstanceID>0</InstanceID></u:GetMediaInfo></s:Body></s:Envelope>`
	base := strings.TrimSuffix(speaker.Location, "/description.xml")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+transportControl, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", `text/xml; charset="utf-8"`)
	request.Header.Set("SOAPACTION", `"`+transportType+`#GetMediaInfo"`)
	var envelope struct {
		URI  string `xml:"Body>GetMediaInfoResponse>CurrentURI"`
		DIDL string `xml:"Body>GetMediaInfoResponse>CurrentURIMetaData"`
	}
	if err := xml.Unmarshal(answer(t, client, request), &envelope); err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal([]byte(envelope.DIDL), &didl); err != nil {
		t.Fatalf("metadata %q: %v", envelope.DIDL, err)
	}
	return envelope.URI, didl
}

// fetch gets what is at a URL.
func fetch(t *testing.T, client *http.Client, url string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return answer(t, client, request)
}

// answer is the body of an answer with 200.
func answer(t *testing.T, client *http.Client, request *http.Request) []byte {
	t.Helper()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // read
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: want 200, got %s, %v", request.URL, response.Status, err)
	}
	return body
}

// streamTitle is what ffprobe on a host reads in the stream.
func streamTitle(t *testing.T, host *lab.Host, url string) string {
	t.Helper()
	out := host.Output(t, "ffprobe", "-v", "error", "-show_entries", "format_tags", "-of", "json", url)
	var probed struct {
		Format struct {
			Tags struct{ StreamTitle string }
		}
	}
	if err := json.Unmarshal([]byte(out), &probed); err != nil {
		t.Fatalf("ffprobe: %v: %s", err, out)
	}
	return probed.Format.Tags.StreamTitle
}
