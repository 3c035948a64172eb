package renderer_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/media"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A soapServer is an HTTP server on loopback that keeps what it is asked.
type soapServer struct {
	answers map[string]string // action to inner XML; "!701" is a fault

	mu    sync.Mutex // guards asked
	asked []string   // "Action Name=value Name=value", in the order of the wire
}

func (s *soapServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	action, line := readAction(body)
	if want := `"urn:schemas-upnp-org:service:`; !strings.HasPrefix(r.Header.Get("SOAPAction"), want) ||
		!strings.HasSuffix(r.Header.Get("SOAPAction"), "#"+action+`"`) || r.ContentLength <= 0 {
		line += " WRONG HEADERS"
	}
	s.mu.Lock()
	s.asked = append(s.asked, line)
	s.mu.Unlock()
	answer := s.answers[action]

	content := fmt.Sprintf(`<u:%sResponse xmlns:u="x">%s</u:%sResponse>`, action, answer, action)
	if code, isFault := strings.CutPrefix(answer, "!"); isFault {
		w.WriteHeader(http.StatusInternalServerError)
		content = `<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>` +
			`<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>` + code + `</errorCode></UPnPError></detail></s:Fault>`
	}
	_, _ = fmt.Fprintf(w, `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"`+
		` s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>%s</s:Body></s:Envelope>`, content) // the client's trouble
}

// readAction gives the action's name and the line that asked keeps.
func readAction(body []byte) (action, line string) {
	var envelope struct {
		Body struct {
			Action struct {
				XMLName xml.Name
				Args    []struct {
					XMLName xml.Name
					Value   string `xml:",chardata"`
				} `xml:",any"`
			} `xml:",any"`
		} `xml:"Body"`
	}
	if err := xml.Unmarshal(body, &envelope); err != nil {
		return "", err.Error()
	}
	action = envelope.Body.Action.XMLName.Local
	line = action
	for _, arg := range envelope.Body.Action.Args {
		line += " " + arg.XMLName.Local + "=" + arg.Value
	}
	return action, line
}

// Everything once through the real client: names, order and escaping of the
// arguments, and faults distinguished from other failures.
func TestOnTheWire(t *testing.T) {
	s := &soapServer{answers: map[string]string{
		"GetTransportInfo": "<CurrentTransportState>STOPPED</CurrentTransportState>",
		"GetProtocolInfo":  "<Source></Source><Sink>http-get:*:audio/x-flac:*,http-get:*:audio/x-wav:*</Sink>",
		"GetPositionInfo":  "<TrackURI>x</TrackURI><RelTime>0:00:07</RelTime><RelCount>NOT_IMPLEMENTED</RelCount>",
		"GetVolume":        "<CurrentVolume>25</CurrentVolume>",
		"Stop":             "!701",
	}}
	server := httptest.NewServer(s)
	defer server.Close()
	control, err := url.Parse(server.URL + "/control")
	if err != nil {
		t.Fatal(err)
	}
	var services []upnp.Service
	for _, kind := range []string{"AVTransport:2", "RenderingControl:1", "ConnectionManager:1"} {
		services = append(services, upnp.Service{Type: "urn:schemas-upnp-org:service:" + kind, Control: control})
	}
	client, device := upnp.NewClient(upnp.Options{}), &upnp.Device{Services: services}
	r, err := renderer.New(device, renderer.Options{Client: client, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}

	ctx := t.Context()
	sink, err := r.Protocols(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(sink) != 2 || sink[0].MIME != "audio/x-flac" {
		t.Fatalf("want the Sink as answered, got %v", sink)
	}
	song := renderer.Media{URL: "http://10.0.0.1/1.flac?a&b", Codec: audio.FLAC, Format: audio.CD, Title: "A & <B>", ProtocolInfo: sink[0]}
	if err := r.Play(ctx, song); err != nil {
		t.Fatal(err)
	}
	if err := r.Stop(ctx); err != nil {
		t.Error(err)
	}
	if p, err := transport.New(conn.New(client), device).Position(ctx); err != nil || !p.Known || p.Rel != 7*time.Second || p.URI != "x" {
		t.Errorf("position: %+v, %v", p, err)
	}
	if level, err := r.Volume(ctx); err != nil || level != 0.25 {
		t.Errorf("volume: %v, %v", level, err)
	}
	for _, err := range []error{r.SetVolume(ctx, 0.5), r.SetMute(ctx, true)} {
		if err != nil {
			t.Error(err)
		}
	}

	want := []string{
		"GetProtocolInfo",
		"GetTransportInfo InstanceID=0",
		"SetAVTransportURI InstanceID=0 CurrentURI=http://10.0.0.1/1.flac?a&b CurrentURIMetaData=" + media.DIDL(song),
		"Play InstanceID=0 Speed=1",
		"Stop InstanceID=0",
		"GetPositionInfo InstanceID=0",
		"GetVolume InstanceID=0 Channel=Master",
		"SetVolume InstanceID=0 Channel=Master DesiredVolume=50",
		"SetMute InstanceID=0 Channel=Master DesiredMute=1",
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.asked, want) {
		t.Errorf("want\n%s\ngot\n%s", strings.Join(want, "\n"), strings.Join(s.asked, "\n"))
	}
}
