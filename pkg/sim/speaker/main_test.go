package speaker_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const waitTimeout = 10 * time.Second

// start runs a speaker for the length of the test.
func start(t *testing.T, o speaker.Options) *speaker.Speaker {
	t.Helper()
	o.Listen = netip.MustParseAddr("127.0.0.1")
	if o.Name == "" {
		o.Name = "Test Speaker"
	}
	s, err := speaker.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	select {
	case <-s.Ready():
	case err := <-ended:
		ended <- nil
		t.Fatalf("Run: %v", err)
	}
	return s
}

// eventually waits for what a goroutine of the speaker brings about.
func eventually(t *testing.T, what string, reached func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	timeout := time.After(waitTimeout)
	for !reached() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("timed out waiting for %s", what)
		}
	}
}

func base(s *speaker.Speaker) string {
	return strings.TrimSuffix(s.Location(), "/description.xml")
}

func do(t *testing.T, method, url string, header map[string]string, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		req.Header[name] = []string{value}
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(answer)
}

// call makes a SOAP call with args "Name", "value", ... and gives the out
// arguments, or the UPnP error code.
func call(t *testing.T, s *speaker.Speaker, service, action string, args ...string) (map[string]string, int) {
	t.Helper()
	kind := "urn:schemas-upnp-org:service:" + service + ":1"
	var b strings.Builder
	fmt.Fprintf(&b, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:%s xmlns:u="%s">`, action, kind)
	for i := 0; i < len(args); i += 2 {
		fmt.Fprintf(&b, "<%s>", args[i])
		if err := xml.EscapeText(&b, []byte(args[i+1])); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "</%s>", args[i])
	}
	fmt.Fprintf(&b, "</u:%s></s:Body></s:Envelope>", action)
	_, body := do(t, http.MethodPost, base(s)+"/"+service+"/control",
		map[string]string{"SOAPACTION": fmt.Sprintf("%q", kind+"#"+action)}, b.String())
	return parseAnswer(t, body)
}

func parseAnswer(t *testing.T, body string) (map[string]string, int) {
	t.Helper()
	var doc struct {
		Fault  int `xml:"Body>Fault>detail>UPnPError>errorCode"`
		Answer struct {
			Args []struct {
				XMLName xml.Name
				Value   string `xml:",chardata"`
			} `xml:",any"`
		} `xml:"Body>any"`
	}
	// The answer's element has the action's name: make it one that can be tagged.
	if i := strings.Index(body, "<u:"); i >= 0 {
		name, _, _ := strings.Cut(body[i+3:], " ")
		body = strings.ReplaceAll(strings.ReplaceAll(body, "<u:"+name, "<any"), "</u:"+name, "</any")
		body = strings.ReplaceAll(body, "xmlns:u=", "xmlns:v=")
	}
	if err := xml.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatalf("answer %q: %v", body, err)
	}
	out := make(map[string]string)
	for _, a := range doc.Answer.Args {
		out[a.XMLName.Local] = a.Value
	}
	return out, doc.Fault
}

func mustCall(t *testing.T, s *speaker.Speaker, service, action string, args ...string) map[string]string {
	t.Helper()
	out, fault := call(t, s, service, action, args...)
	if fault != 0 {
		t.Fatalf("%s: want success, got fault %d", action, fault)
	}
	return out
}

// play loads url and plays it.
func play(t *testing.T, s *speaker.Speaker, url string) {
	t.Helper()
	mustCall(t, s, "AVTransport", "SetAVTransportURI", "InstanceID", "0", "CurrentURI", url, "CurrentURIMetaData", "")
	mustCall(t, s, "AVTransport", "Play", "InstanceID", "0", "Speed", "1")
}

// noise is frames of reproducible stereo noise of the given depth.
func noise(frames, bitDepth int) []int32 {
	rng := rand.New(rand.NewPCG(3, 4))
	pcm := make([]int32, 2*frames)
	for i := range pcm {
		pcm[i] = int32(rng.Uint32()) >> (32 - bitDepth)
	}
	return pcm
}

func packLE(pcm []int32, bitDepth int) []byte {
	var b []byte
	for _, s := range pcm {
		for shift := 0; shift < bitDepth; shift += 8 {
			b = append(b, byte(s>>shift))
		}
	}
	return b
}

func packBE16(pcm []int32) []byte {
	var b []byte
	for _, s := range pcm {
		b = binary.BigEndian.AppendUint16(b, uint16(s))
	}
	return b
}

// wav is a WAV file of 44.1 kHz stereo whose data chunk claims size bytes.
func wav(pcm []int32, bitDepth int, size uint32) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), 0xffffffff)
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x02\x00"...)
	b = binary.LittleEndian.AppendUint32(b, 44100)
	b = binary.LittleEndian.AppendUint32(b, uint32(44100*2*bitDepth/8))
	b = binary.LittleEndian.AppendUint16(b, uint16(2*bitDepth/8))
	b = binary.LittleEndian.AppendUint16(b, uint16(bitDepth))
	b = binary.LittleEndian.AppendUint32(append(b, "data"...), size)
	return append(b, packLE(pcm, bitDepth)...)
}

// serveStream serves body as a stream server does.
func serveStream(t *testing.T, contentType string, body []byte) string {
	t.Helper()
	return serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.Copy(w, bytes.NewReader(body)) // the speaker may have hung up
	})
}

func serveFunc(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.CloseClientConnections() // of a speaker that still plays
		server.Close()
	})
	return server.URL + "/stream"
}
