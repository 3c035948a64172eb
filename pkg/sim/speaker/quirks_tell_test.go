package speaker_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

func TestEarlyStopped(t *testing.T) {
	s := start(t, speaker.Options{Quirks: speaker.Quirks{EarlyStopped: true}})
	callback, notices := subscriber(t)
	subscribe(t, s, "AVTransport", map[string]string{"NT": "upnp:event", "CALLBACK": callback})
	next(t, notices)
	goOn := make(chan struct{})
	play(t, s, serveFunc(t, func(w http.ResponseWriter, _ *http.Request) {
		<-goOn
		w.Header().Set("Content-Type", "audio/wav")
		_, _ = w.Write(wav(make([]int32, 1<<20), 16, 0xffffffff)) // the speaker hangs up at the end
	}))
	if got := transportState(t, s); got != "STOPPED" || s.State() != speaker.Transitioning {
		t.Errorf("want STOPPED told while %v, got %s while %v", speaker.Transitioning, got, s.State())
	}
	next(t, notices) // of the URI
	if got := next(t, notices).properties["LastChange"]; !strings.Contains(got, `TransportState val="STOPPED"`) {
		t.Errorf("want an event of STOPPED after Play, got %s", got)
	}
	close(goOn)
	eventually(t, "PLAYING", func() bool { return transportState(t, s) == "PLAYING" })
}

func TestNoRelTime(t *testing.T) {
	s := start(t, speaker.Options{Quirks: speaker.Quirks{NoRelTime: true}})
	if got := mustCall(t, s, "AVTransport", "GetPositionInfo", "InstanceID", "0")["RelTime"]; got != "NOT_IMPLEMENTED" {
		t.Errorf("want NOT_IMPLEMENTED, got %s", got)
	}
}

func TestSinkHidden(t *testing.T) {
	url := live(t)
	hidden := start(t, speaker.Options{Quirks: speaker.Quirks{NoSink: true}})
	if got := mustCall(t, hidden, "ConnectionManager", "GetProtocolInfo")["Sink"]; got != "" {
		t.Errorf("want an empty Sink, got %s", got)
	}
	if got := load(t, hidden, url, didlOf(broadcast, "http-get:*:audio/any:*", url)); got != 0 {
		t.Errorf("want every type taken, got %d", got)
	}
	refused := start(t, speaker.Options{Quirks: speaker.Quirks{NoSinkCall: true}})
	if _, got := call(t, refused, "ConnectionManager", "GetProtocolInfo"); got != 401 {
		t.Errorf("want 401, got %d", got)
	}
}

func TestEventModes(t *testing.T) {
	tests := []struct {
		mode   speaker.EventMode
		status int
		check  func(lastChange string) bool // nil: no event is to come
	}{
		{speaker.EventsTrue, http.StatusOK, func(s string) bool { return strings.Contains(s, `TransportState val="TRANSITIONING"`) }},
		{speaker.EventsRefused, http.StatusServiceUnavailable, nil},
		{speaker.EventsNone, http.StatusOK, nil},
		{speaker.EventsFrozen, http.StatusOK, func(s string) bool { return strings.Contains(s, `TransportState val="STOPPED"`) }},
		{speaker.EventsMisplaced, http.StatusOK, func(s string) bool { return !strings.Contains(s, `TransportState val="TRANSITIONING"`) }},
	}
	for _, tt := range tests {
		t.Run(tt.mode.String(), func(t *testing.T) {
			s := start(t, speaker.Options{Quirks: speaker.Quirks{Events: tt.mode, IgnoresBroadcast: true}})
			callback, notices := subscriber(t)
			resp := subscribe(t, s, "AVTransport", map[string]string{"NT": "upnp:event", "CALLBACK": callback})
			if resp.StatusCode != tt.status {
				t.Fatalf("want status %d, got %s", tt.status, resp.Status)
			}
			url := live(t)
			if tt.check == nil {
				play(t, s, url)
				eventually(t, "sound", func() bool { return s.State() == speaker.Playing })
				if len(notices) != 0 {
					t.Errorf("want no event, got %d", len(notices))
				}
				return
			}
			next(t, notices) // the initial one
			load(t, s, url, didlOf(broadcast, aWAV, url))
			next(t, notices)
			mustCall(t, s, "AVTransport", "Play", "InstanceID", "0", "Speed", "1")
			if got := next(t, notices).properties["LastChange"]; !tt.check(got) {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestLatin1(t *testing.T) {
	s := start(t, speaker.Options{Name: "Küche € 1", Quirks: speaker.Quirks{Latin1: true}})
	_, body := do(t, http.MethodGet, s.Location(), nil, "")
	if !strings.Contains(body, "K\xfcche ? 1") || !strings.Contains(body, `encoding="ISO-8859-1"`) {
		t.Errorf("want the name in ISO-8859-1, and that said, got %q", body)
	}
}

func TestBareAmpersands(t *testing.T) {
	s := start(t, speaker.Options{Name: "Bar & Grill", Quirks: speaker.Quirks{BareAmpersands: true}})
	_, body := do(t, http.MethodGet, s.Location(), nil, "")
	if !strings.Contains(body, "<friendlyName>Bar & Grill<") {
		t.Errorf("want a bare &, got %s", body)
	}
}

func TestVersions(t *testing.T) {
	s := start(t, speaker.Options{Quirks: speaker.Quirks{DeviceVersion: 3, ServiceVersion: 2, Manufacturer: "Acme", ModelName: "TV"}})
	_, body := do(t, http.MethodGet, s.Location(), nil, "")
	for _, want := range []string{"device:MediaRenderer:3<", "service:AVTransport:2<", ">Acme<", ">TV<"} {
		if !strings.Contains(body, want) {
			t.Errorf("want %s in the description, got %s", want, body)
		}
	}
	if _, got := call(t, s, "AVTransport", "GetTransportInfo", "InstanceID", "0"); got != 401 {
		t.Errorf("a call to :1: want 401, got %d", got)
	}
}

func TestVolumeRanges(t *testing.T) {
	set := func(s *speaker.Speaker, volume string) int {
		_, fault := call(t, s, "RenderingControl", "SetVolume", "InstanceID", "0", "Channel", "Master", "DesiredVolume", volume)
		return fault
	}
	scpd := func(s *speaker.Speaker) string {
		_, body := do(t, http.MethodGet, base(s)+"/RenderingControl/scpd.xml", nil, "")
		return body
	}
	small := start(t, speaker.Options{Volume: 30, Quirks: speaker.Quirks{VolumeMax: 30}})
	if !strings.Contains(scpd(small), "<maximum>30</maximum>") || set(small, "30") != 0 || set(small, "31") != 402 {
		t.Error("want a range of 0 to 30")
	}
	fixed := start(t, speaker.Options{Quirks: speaker.Quirks{FixedVolume: true}})
	if got := set(fixed, "10"); got != 501 {
		t.Errorf("fixed: want 501, got %d", got)
	}
	noMute := start(t, speaker.Options{Quirks: speaker.Quirks{NoMute: true}})
	if strings.Contains(scpd(noMute), "Mute</name><argumentList>") {
		t.Error("want no action about Mute described")
	}
	if _, got := call(t, noMute, "RenderingControl", "GetMute", "InstanceID", "0", "Channel", "Master"); got != 401 {
		t.Errorf("no mute: want 401, got %d", got)
	}
	if _, err := speaker.New(speaker.Options{Name: "x", Volume: 31, Quirks: speaker.Quirks{VolumeMax: 30}}); err == nil {
		t.Error("want a volume beyond the range refused")
	}
}

// callGetVolume posts a GetVolume and gives what came until the client had enough.
func callGetVolume(t *testing.T, s *speaker.Speaker, limit int64, timeout time.Duration) ([]byte, error) {
	t.Helper()
	const kind = "urn:schemas-upnp-org:service:RenderingControl:1"
	body := `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:GetVolume xmlns:u="` + kind + `">` +
		`<InstanceID>0</InstanceID><Channel>Master</Channel></u:GetVolume></s:Body></s:Envelope>`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base(s)+"/RenderingControl/control", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header["SOAPACTION"] = []string{`"` + kind + `#GetVolume"`}
	client := &http.Client{Timeout: timeout, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(io.LimitReader(resp.Body, limit))
}

func TestAnswers(t *testing.T) {
	answering := func(a speaker.Answer) *speaker.Speaker {
		return start(t, speaker.Options{Quirks: speaker.Quirks{
			Answers: map[string]speaker.Answer{"GetVolume": a}, AnswerDelay: 100 * time.Millisecond}})
	}
	whole := []byte("</s:Envelope>")
	asked := time.Now()
	if got, err := callGetVolume(t, answering(speaker.AnswerLate), 1<<20, waitTimeout); err != nil || !bytes.Contains(got, whole) {
		t.Errorf("late: want it whole, got %q, %v", got, err)
	}
	if took := time.Since(asked); took < 100*time.Millisecond {
		t.Errorf("late: want at least 100ms, took %v", took)
	}
	if got, err := callGetVolume(t, answering(speaker.AnswerBroken), 1<<20, waitTimeout); err != nil || bytes.Contains(got, whole) || len(got) == 0 {
		t.Errorf("broken: want a piece, got %q, %v", got, err)
	}
	if got, err := callGetVolume(t, answering(speaker.AnswerEndless), 8<<20, waitTimeout); err != nil || len(got) != 8<<20 {
		t.Errorf("endless: want all that is read, got %d bytes, %v", len(got), err)
	}
	var timeout interface{ Timeout() bool }
	if _, err := callGetVolume(t, answering(speaker.AnswerNever), 1<<20, 200*time.Millisecond); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("never: want the client's timeout, got %v", err)
	}
	s := answering(speaker.AnswerNever)
	mustCall(t, s, "AVTransport", "GetTransportInfo", "InstanceID", "0") // others are answered
}

func TestProfilesAreSound(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range speaker.Profiles() {
		if p.Name == "" || p.About == "" || seen[p.Name] {
			t.Errorf("profile %q: want a name of its own and a word about it", p.Name)
		}
		seen[p.Name] = true
		if _, err := speaker.New(p.On(speaker.Options{Name: p.Name})); err != nil {
			t.Errorf("profile %s: %v", p.Name, err)
		}
		if found, ok := speaker.FindProfile(p.Name); !ok || found.About != p.About {
			t.Errorf("profile %s: want it found by its name", p.Name)
		}
	}
	if _, ok := speaker.FindProfile("none such"); ok {
		t.Error("want no profile of an unknown name")
	}
}
