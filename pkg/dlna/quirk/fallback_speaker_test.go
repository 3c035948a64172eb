package quirk_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/encode"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/media"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// A harness plays on a simulated speaker in the formats that the fallback says.
type harness struct {
	t       *testing.T
	speaker *speaker.Speaker
	streams *stream.Server
	base    string // URL of streams
}

func newHarness(t *testing.T, p speaker.Profile) *harness {
	t.Helper()
	s, err := speaker.New(p.On(speaker.Options{Name: p.Name, Listen: netip.MustParseAddr("127.0.0.1")}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	endedC := make(chan error, 1)
	go func() { endedC <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-endedC; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	<-s.Ready()
	streams := stream.New(stream.ServerOptions{Log: zerolog.Nop()})
	server := httptest.NewServer(streams)
	t.Cleanup(server.Close)
	return &harness{t: t, speaker: s, streams: streams, base: server.URL}
}

var (
	errorCode = regexp.MustCompile(`<errorCode>(\d+)</errorCode>`)
	sinkValue = regexp.MustCompile(`<Sink>(.*?)</Sink>`)
)

// call makes a SOAP call and gives the answer and the UPnP error code.
func (h *harness) call(service, action, args string) (answer string, code int) {
	h.t.Helper()
	kind := "urn:schemas-upnp-org:service:" + service + ":1"
	body := fmt.Sprintf(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:%s xmlns:u="%s">%s</u:%s></s:Body></s:Envelope>`,
		action, kind, args, action)
	url := strings.TrimSuffix(h.speaker.Location(), "/description.xml") + "/" + service + "/control"
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header["SOAPACTION"] = []string{`"` + kind + "#" + action + `"`}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	if m := errorCode.FindSubmatch(b); m != nil {
		code, _ = strconv.Atoi(string(m[1])) // digits by the pattern
	}
	return string(b), code
}

func (h *harness) sink() []quirk.Offer {
	answer, code := h.call("ConnectionManager", "GetProtocolInfo", "")
	if m := sinkValue.FindStringSubmatch(answer); m != nil && code == 0 {
		return quirk.Offers(media.ParseProtocols(html.UnescapeString(m[1])))
	}
	return nil
}

// try plays one format and returns how it failed, EvidenceNone for sound.
func (h *harness) try(w quirk.StreamFormat) quirk.Evidence {
	h.t.Helper()
	encoder, err := encode.New(w.Codec, audio.CD, encode.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	st := h.streams.Open(stream.Options{
		Codec: w.Codec, Header: encoder.Header(), Length: w.Length, ContentType: w.MIME, ContentFeatures: w.Features,
	})
	defer func() {
		h.call("AVTransport", "Stop", "<InstanceID>0</InstanceID>")
		st.Discard()
	}()
	h.fill(st, encoder)
	before := h.speaker.Stats().Requests
	if e := h.load(h.base+st.Path(), w); e != quirk.EvidenceNone {
		return e
	}
	h.call("AVTransport", "Play", "<InstanceID>0</InstanceID><Speed>1</Speed>")
	return h.watch(before)
}

// fill writes three seconds of noise, as a pre-roll would be.
func (h *harness) fill(st *stream.Stream, encoder encode.Encoder) {
	h.t.Helper()
	const frames = 3 * 44100
	rng := rand.New(rand.NewPCG(1, 2))
	pcm := make([]int32, 2*frames)
	for i := range pcm {
		pcm[i] = int32(rng.Uint32()) >> 17
	}
	if err := st.Write(encoder.Encode(nil, pcm), frames); err != nil {
		h.t.Fatal(err)
	}
}

// load hands over the URI, and once more after what a Stop or a second try
// mends: that is the player's part, not the fallback's.
func (h *harness) load(url string, w quirk.StreamFormat) quirk.Evidence {
	didl := fmt.Sprintf(`<DIDL-Lite xmlns="urn:schemas-upnp-org:metadata-1-0/DIDL-Lite/" xmlns:dc="http://purl.org/dc/elements/1.1/"`+
		` xmlns:upnp="urn:schemas-upnp-org:metadata-1-0/upnp/"><item id="1" parentID="0" restricted="1"><dc:title>x</dc:title>`+
		`<upnp:class>%s</upnp:class><res protocolInfo="http-get:*:%s:%s">%s</res></item></DIDL-Lite>`, w.Class, w.MIME, w.Features, url)
	args := "<InstanceID>0</InstanceID><CurrentURI>" + url + "</CurrentURI><CurrentURIMetaData>" + html.EscapeString(didl) + "</CurrentURIMetaData>"
	_, code := h.call("AVTransport", "SetAVTransportURI", args)
	if code == 705 || code == 716 {
		h.call("AVTransport", "Stop", "<InstanceID>0</InstanceID>")
		_, code = h.call("AVTransport", "SetAVTransportURI", args)
	}
	switch code {
	case 0:
		return quirk.EvidenceNone
	case 714:
		return quirk.RefusedMIME
	case 716:
		return quirk.NotFound
	default:
		return quirk.RefusedOther
	}
}

// watch waits for sound, or for a sign that none will come.
func (h *harness) watch(requestsBefore int) quirk.Evidence {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	noGET, noSound := time.After(500*time.Millisecond), time.After(5*time.Second)
	for {
		fetched := h.speaker.Stats().Requests > requestsBefore
		select {
		case <-tick.C:
			switch state := h.speaker.State(); {
			case state == speaker.Playing && h.speaker.Position() > 0:
				return quirk.EvidenceNone
			case state == speaker.Stopped && fetched:
				return quirk.ClosedEarly
			}
		case <-noGET:
			if !fetched {
				return quirk.NeverFetched
			}
		case <-noSound:
			return quirk.NotPlaying
		}
	}
}

// On simulated speakers of which nothing is known a format is found, after a
// bounded number of tries.
func TestFallbackFindsAFormat(t *testing.T) {
	tests := []struct {
		profile string
		most    int // formats tried
		codec   audio.Codec
	}{
		{"plain", 1, audio.FLAC},
		{"flac-only", 1, audio.FLAC},
		{"wav-only", 1, audio.WAV},
		{"l16-only", 1, audio.L16},
		{"mp3-only", 1, audio.MP3},
		{"l16-refuser", 1, audio.FLAC},
		{"flac-refuser", 4, audio.WAV},
		{"flac-framed", 2, audio.FLAC},
		{"flac-length", 3, audio.FLAC},
		{"length-always", 3, audio.FLAC},
		{"no-sink", 1, audio.WAV},
		{"no-sink-wav", 1, audio.WAV},
		{"no-protocol-info", 1, audio.WAV},
		{"head-first", 1, audio.FLAC},
		{"head-at-uri", 1, audio.FLAC},
		{"two-gets", 1, audio.FLAC},
		{"range-prober", 1, audio.FLAC},
		{"wants-206", 3, audio.FLAC},
		{"byte-buffer", 1, audio.FLAC},
		{"locked", 1, audio.FLAC},
		{"not-found-first", 1, audio.FLAC},
		{"tracks-only", 2, audio.FLAC},
		{"tracks-only-silent", 2, audio.FLAC},
		{"early-stopped", 1, audio.FLAC},
	}
	for _, tt := range tests {
		t.Run(tt.profile, func(t *testing.T) {
			p, ok := speaker.FindProfile(tt.profile)
			if !ok {
				t.Fatal("no such profile")
			}
			h := newHarness(t, p)
			l := quirk.NewFormatFallback(quirk.Traits{}, h.sink(), quirk.Forced{})
			for tries := 1; ; tries++ {
				evidence := h.try(l.Current())
				if evidence == quirk.EvidenceNone {
					if got := l.Current().Codec; tries > tt.most || got != tt.codec {
						t.Errorf("want %v after at most %d tries, got %v after %d", tt.codec, tt.most, got, tries)
					}
					return
				}
				t.Logf("%v: %v", l.Current(), evidence)
				if _, again := l.Fail(evidence); !again {
					t.Fatalf("want a format that plays, got none of %d", tries)
				}
			}
		})
	}
}
