package renderer_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// describe describes a device on loopback that has these services.
func describe(t *testing.T, device http.Handler, kinds ...string) *upnp.Device {
	t.Helper()
	server := httptest.NewServer(device)
	t.Cleanup(server.Close)
	var services []upnp.Service
	for _, kind := range kinds {
		control, err := url.Parse(server.URL + "/" + strings.Split(kind, ":")[0])
		if err != nil {
			t.Fatal(err)
		}
		services = append(services, upnp.Service{Type: "urn:schemas-upnp-org:service:" + kind, Control: control, Event: control, SCPD: control})
	}
	return &upnp.Device{FriendlyName: "hostile", Services: services}
}

// rendererOf drives a device on loopback through the real client.
func rendererOf(t *testing.T, device *upnp.Device, opts renderer.Options) *renderer.Renderer {
	t.Helper()
	opts.Client, opts.Log = upnp.NewClient(upnp.Options{}), zerolog.Nop()
	r, err := renderer.New(device, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What a device answers, however bad, is an error with a name, and takes no
// memory to speak of.
func TestHostileAnswers(t *testing.T) {
	filler := []byte(strings.Repeat("A", 64<<10))
	cases := []struct {
		name   string
		answer http.HandlerFunc
		want   renderer.Evidence
	}{
		{"megabytes", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<Envelope><Body><PlayResponse>")
			for range 256 { // 16 MiB
				if _, err := w.Write(filler); err != nil {
					return
				}
			}
		}, renderer.EvidenceMalformed},
		{"broken XML", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<Envelope><Body><<<")
		}, renderer.EvidenceMalformed},
		{"no XML at all", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "OK")
		}, renderer.EvidenceMalformed},
		// Cheap boards answer so to what has nothing to answer.
		{"nothing", func(http.ResponseWriter, *http.Request) {}, renderer.EvidenceNone},
		{"sent elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		}, renderer.EvidenceUnreachable},
		{"cut off", func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}, renderer.EvidenceUnreachable},
		{"a million elements", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("<a>", 300_000))
		}, renderer.EvidenceMalformed},
		{"a fault with a long story", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><detail><UPnPError>`+
				`<errorCode>714</errorCode><errorDescription>`+string(filler)+`</errorDescription></UPnPError></detail></s:Fault></s:Body></s:Envelope>`)
		}, renderer.EvidenceRefusedMIME},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			device := describe(t, c.answer, "AVTransport:1", "RenderingControl:1", "ConnectionManager:1")
			r := rendererOf(t, device, renderer.Options{})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := r.Play(t.Context(), renderer.Media{URL: "http://127.0.0.1/1"})
			accepted := c.want == renderer.EvidenceNone
			if (err == nil) != accepted || renderer.EvidenceOf(err) != c.want || err != nil && len(err.Error()) > 2000 {
				t.Errorf("want evidence %v, got %v: %.200v", c.want, renderer.EvidenceOf(err), err)
			}
			_, volumeErr := r.Volume(t.Context())
			_, protocolErr := r.Protocols(t.Context())
			_, positionErr := transport.New(conn.New(upnp.NewClient(upnp.Options{})), device).Position(t.Context())
			for _, err := range []error{volumeErr, protocolErr, positionErr} {
				if err == nil {
					t.Error("want an error, got none")
				}
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
				t.Errorf("the heap grew by %d bytes", grown)
			}
		})
	}
}

// A device that never answers is given up in the caller's time.
func TestSilentDevice(t *testing.T) {
	endC := make(chan struct{})
	r := rendererOf(t, describe(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-endC }), "AVTransport:1"), renderer.Options{})
	defer close(endC)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := r.Play(ctx, renderer.Media{URL: "http://127.0.0.1/1"})
	if !errors.Is(err, context.DeadlineExceeded) || renderer.EvidenceOf(err) != renderer.EvidenceTimeout {
		t.Errorf("want the deadline, got %v", err)
	}
}

// An eventingDevice answers all that is asked and sends events through the
// real subscriptions: the first before it has answered SUBSCRIBE.
type eventingDevice struct {
	soap   *soapServer
	events http.Handler
	bodies map[string][]string // of the events, by service
}

func (d *eventingDevice) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != "SUBSCRIBE" {
		d.soap.ServeHTTP(w, r)
		return
	}
	service := strings.TrimPrefix(r.URL.Path, "/")
	sid := "uuid:" + service
	for seq, body := range d.bodies[service] {
		notify(d.events, strings.Trim(r.Header.Get("Callback"), "<>"), sid, seq, body)
	}
	w.Header()["SID"] = []string{sid}
	w.Header()["TIMEOUT"] = []string{"Second-infinite"}
}

// notify hands a NOTIFY to the subscriptions, as their HTTP server does.
func notify(events http.Handler, callback, sid string, seq int, body string) {
	r := httptest.NewRequest("NOTIFY", callback, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("Sid", sid)
	r.Header.Set("Seq", string(rune('0'+seq)))
	events.ServeHTTP(httptest.NewRecorder(), r)
}

func TestEventsThroughTheRealSubscriptions(t *testing.T) {
	property := func(name, value string) string {
		return `<e:propertyset xmlns:e="urn:schemas-upnp-org:event-1-0"><e:property><` + name + `>` + value + `</` + name + `></e:property></e:propertyset>`
	}
	device := &eventingDevice{soap: &soapServer{answers: map[string]string{
		"GetTransportInfo": "<CurrentTransportState>PLAYING</CurrentTransportState>",
		"GetVolume":        "<CurrentVolume>25</CurrentVolume>",
		"GetMute":          "<CurrentMute>0</CurrentMute>",
	}}, bodies: map[string][]string{
		"AVTransport": {"not XML", property("LastChange", `&lt;Event&gt;&lt;InstanceID val="0"&gt;&lt;TransportState val="PLAYING"/&gt;&lt;Volume val="60"/&gt;&lt;/InstanceID&gt;&lt;/Event&gt;`)},
		"RenderingControl": {property("LastChange",
			`&lt;Event&gt;&lt;InstanceID val="0"&gt;&lt;Volume Channel="Master" val="75"/&gt;&lt;a r:b="&amp;"&gt;`)},
	}}
	events := upnp.NewSubscriptions(upnp.NewClient(upnp.Options{}))
	device.events = events
	volumeC := make(chan float64, 100)
	r := rendererOf(t, describe(t, device, "AVTransport:1", "RenderingControl:1"), renderer.Options{Events: events, Callback: "http://127.0.0.1:1", OnEvent: func(e renderer.Event) {
		if v, ok := e.(renderer.Volume); ok {
			volumeC <- v.Level
		}
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	for missing := map[float64]bool{0.6: true, 0.75: true}; len(missing) > 0; {
		select {
		case level := <-volumeC:
			delete(missing, level)
		case <-ctx.Done():
			t.Fatalf("not reported: %v", missing)
		}
	}
	if !r.Stats().Evented {
		t.Error("the state is not reported by events")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
