package web_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
	"github.com/breezeway-audio/breezeway/pkg/ports"
	"github.com/breezeway-audio/breezeway/pkg/settings"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

const kitchenID = "02AABBCCDDEE"

var picture = []byte("\xff\xd8\xff\xe0 and so on")

// kitchen is a speaker that plays.
func kitchen() bridge.Speaker {
	return bridge.Speaker{
		Name: `Kitchen <img src=x onerror=alert(1)>`, ID: raop.ID{2, 0xaa, 0xbb, 0xcc, 0xdd, 0xee}, UDN: "uuid:1",
		Renderers: []player.Snapshot{{UDN: "uuid:1", Address: "192.0.2.1", State: player.StatePlaying, Since: time.Now(), Level: 0.25}},
		Began:     time.Now(), Level: 0.25,
		Jitter: jitter.Stats{Received: 9, Lost: 1, ConcealedFrames: 44100},
		NowPlaying: raop.NowPlaying{
			Track:   raop.Track{Title: "Song", Artist: "Somebody"},
			Artwork: raop.Artwork{Type: "image/jpeg", Data: picture}, Serial: 3,
		},
	}
}

// A household answers as web.New does, and notes what was wanted of it.
type household struct {
	speaker bridge.Speaker
	said    []string
	fails   error
}

func (h *household) Command(id, command string) error {
	h.said = append(h.said, id+" "+command)
	return h.fails
}

func (h *household) SetVolume(id string, level float64) error {
	h.said = append(h.said, fmt.Sprint(id, " ", level))
	return h.fails
}

func (h *household) WriteJSON(w io.Writer) error {
	_, err := io.WriteString(w, `{"running":false,"report":null}`)
	return err
}

func (h *household) Examine() { h.said = append(h.said, "examine") }

// options are those of a household with everything in it.
func (h *household) options() web.Options {
	return web.Options{
		Snapshot: func() fleet.Snapshot {
			return fleet.Snapshot{
				Started: time.Now(), Interfaces: []string{"eth0"}, HTTP: fleet.HTTPPort{Port: 7700},
				MDNS: mdns.Stats{Host: "breezeway-nas.local.", IPv4: mdns.PortOK}, Speakers: []bridge.Speaker{h.speaker},
			}
		},
		Conditions: func() []monitor.Condition { return nil },
		Ports:      ports.Plan(ports.Settings{HTTP: settings.PortRange{First: 7700, Last: 7719}}),
		Version:    "1.2.3",
		Doctor:     h,
		Control:    h,
	}
}

// ask puts one request to a server on loopback, with headers as "Name: value".
func ask(t *testing.T, handler http.Handler, method, path, body string, headers ...string) (status int, answer string, got http.Header) {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	request, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if request.Header.Set(name, value); name == "Host" {
			request.Host = value
		}
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, strings.TrimSpace(string(text)), response.Header
}

func TestStatus(t *testing.T) {
	h := &household{speaker: kitchen()}
	status, body, header := ask(t, web.New(h.options()), "GET", web.StatusPath, "")
	var got web.Status
	if err := json.Unmarshal([]byte(body), &got); err != nil || status != http.StatusOK {
		t.Fatalf("want a status, got %d %v %s", status, err, body)
	}
	if got.Service != web.ServiceName || got.Version != "1.2.3" || !got.Ready || got.MDNS.Host != "breezeway-nas.local" || len(got.Ports) == 0 {
		t.Errorf("want what is known, got %+v", got)
	}
	if len(got.Speakers) != 1 {
		t.Fatalf("want one speaker, got %+v", got.Speakers)
	}
	s := got.Speakers[0]
	if s.ID != kitchenID || s.Volume != 0.25 || s.Sound.Lost != 1 || s.Sound.ConcealedMS != 1000 || s.Sender == nil {
		t.Errorf("want the kitchen, got %+v", s)
	}
	if s.NowPlaying == nil || s.NowPlaying.Title != "Song" || s.NowPlaying.Artwork != web.SpeakersPath+kitchenID+"/artwork?serial=3" {
		t.Errorf("want the song, got %+v", s.NowPlaying)
	}
	if strings.Contains(body, "<img") {
		t.Errorf("want no markup, got %s", body)
	}
	if header.Get("Access-Control-Allow-Origin") != "" || header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cache-Control") != "no-store" {
		t.Errorf("want an answer for us alone, got %v", header)
	}
}

// Whoever reads the status by program relies on its lists and keys.
func TestStatusOfNothing(t *testing.T) {
	handler := web.New(web.Options{
		Snapshot:   func() fleet.Snapshot { return fleet.Snapshot{} },
		Conditions: func() []monitor.Condition { return nil },
	})
	_, body, _ := ask(t, handler, "GET", web.StatusPath, "")
	for _, part := range []string{
		`"service":"breezeway"`, `"ready":false`, `"conditions":[]`, `"http":{"port":0}`, `"interfaces":[]`, `"renamed":[]`,
		`"ssdp":{"mode":"off","method":"off"}`, `"ports":[]`, `"hasDoctor":false`, `"hasControl":false`, `"speakers":[]`,
	} {
		if !strings.Contains(body, part) {
			t.Errorf("want %s in %s", part, body)
		}
	}
}

func TestSpeakerWithoutSession(t *testing.T) {
	h := &household{speaker: bridge.Speaker{ID: raop.ID{2}, Group: true, Renderers: []player.Snapshot{{UDN: "uuid:2"}}}}
	_, body, _ := ask(t, web.New(h.options()), "GET", web.StatusPath, "")
	for _, part := range []string{`"sender":null`, `"steerable":false`, `"nowPlaying":null`, `"renderers":[{"udn":"uuid:2","state":"idle","away":true,"volume":0,"muted":false}]`} {
		if !strings.Contains(body, part) {
			t.Errorf("want %s in %s", part, body)
		}
	}
}

// How each renderer is given its sound, and what its clock does.
func TestDelivery(t *testing.T) {
	var got web.Status
	_, body, _ := ask(t, web.New(full()), "GET", web.StatusPath, "")
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	group, single := got.Speakers[0], got.Speakers[1]
	if group.SpreadMS != 30 || !group.Sound.IgnoresResends || group.Sound.WaitMS != 1800 || !group.Group || len(group.Renderers) != 2 {
		t.Fatalf("want a group of two, got %+v", group)
	}
	left := group.Renderers[0]
	wantStream := web.Stream{Codec: "flac", Length: "none", Class: "object.item.audioItem", Verified: true, Readers: 1, ReadBytes: 8, Waiting: 3, Overruns: 2}
	wantClock := web.Clock{Measured: true, TargetMS: 1000, DelayMS: 1500, PPM: -42.5}
	if left.Stream == nil || *left.Stream != wantStream || left.SoundingAfterMS != 2000 || left.Clock == nil || *left.Clock != wantClock {
		t.Errorf("want %+v and %+v, got %+v", wantStream, wantClock, left)
	}
	if left.OpenHome || !group.Renderers[1].OpenHome {
		t.Errorf("want the second member alone by OpenHome, got %+v", group.Renderers)
	}
	if single.Group || len(single.Renderers) != 1 || single.Renderers[0].Stream != nil || single.Renderers[0].Clock != nil {
		t.Errorf("want nothing told that is not known, got %+v", single)
	}
}

func TestRequests(t *testing.T) {
	const speaker = web.SpeakersPath + kitchenID
	cases := []struct {
		name         string
		method, path string
		body         string
		status       int
		said         string
	}{
		{"play", "POST", speaker + "/play", "", http.StatusNoContent, kitchenID + " play"},
		{"previous", "POST", speaker + "/previous", "", http.StatusNoContent, kitchenID + " previous"},
		{"unknown command", "POST", speaker + "/explode", "", http.StatusNotFound, ""},
		{"unknown speaker", "POST", web.SpeakersPath + "000000000000/play", "", http.StatusNotFound, ""},
		{"command by GET", "GET", speaker + "/play", "", http.StatusMethodNotAllowed, ""},
		{"volume", "PUT", speaker + "/volume", `{"level":0.5}`, http.StatusNoContent, kitchenID + " 0.5"},
		{"volume 0", "PUT", speaker + "/volume", `{"level":0}`, http.StatusNoContent, kitchenID + " 0"},
		{"too loud", "PUT", speaker + "/volume", `{"level":1.01}`, http.StatusBadRequest, ""},
		{"negative", "PUT", speaker + "/volume", `{"level":-1}`, http.StatusBadRequest, ""},
		{"no level", "PUT", speaker + "/volume", `{}`, http.StatusBadRequest, ""},
		{"no number", "PUT", speaker + "/volume", `{"level":"NaN"}`, http.StatusBadRequest, ""},
		{"more than asked", "PUT", speaker + "/volume", `{"level":0.5,"x":1}`, http.StatusBadRequest, ""},
		{"endless", "PUT", speaker + "/volume", `{"level":0.5` + strings.Repeat(" ", 1<<20) + "}", http.StatusBadRequest, ""},
		{"doctor", "GET", web.DoctorPath, "", http.StatusOK, ""},
		{"doctor's look", "POST", web.DoctorPath + "/run", "", http.StatusAccepted, "examine"},
		{"nothing there", "GET", "/api/", "", http.StatusNotFound, ""},
		{"below the page", "GET", "/x", "", http.StatusNotFound, ""},
		{"page by POST", "POST", "/", "", http.StatusMethodNotAllowed, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := &household{speaker: kitchen()}
			status, body, _ := ask(t, web.New(h.options()), c.method, c.path, c.body)
			if said := strings.Join(h.said, ", "); status != c.status || said != c.said {
				t.Errorf("want %d and %q, got %d and %q: %s", c.status, c.said, status, said, body)
			}
		})
	}
}

func TestFixedVolume(t *testing.T) {
	h := &household{speaker: kitchen(), fails: fmt.Errorf("kitchen: %w", bridge.ErrVolumeFixed)}
	h.speaker.VolumeFixed = true
	status, body, _ := ask(t, web.New(h.options()), "PUT", web.SpeakersPath+kitchenID+"/volume", `{"level":0.5}`)
	if status != http.StatusConflict || !strings.Contains(body, "is fixed") {
		t.Errorf("want 409 and why, got %d %s", status, body)
	}
	if _, body, _ = ask(t, web.New(h.options()), "GET", web.StatusPath, ""); !strings.Contains(body, `"volumeFixed":true`) {
		t.Errorf("want it marked, got %s", body)
	}
}

func TestNobodyToCarryOut(t *testing.T) {
	o := (&household{speaker: kitchen()}).options()
	o.Doctor, o.Control = nil, nil
	for path, method := range map[string]string{
		web.SpeakersPath + kitchenID + "/play": "POST",
		web.DoctorPath:                         "GET",
		web.DoctorPath + "/run":                "POST",
	} {
		if status, _, _ := ask(t, web.New(o), method, path, ""); status != http.StatusNotImplemented {
			t.Errorf("%s %s: want 501, got %d", method, path, status)
		}
	}
}

func TestCommandFails(t *testing.T) {
	cases := map[string]struct {
		err    error
		status int
	}{
		"nobody plays":       {fmt.Errorf("kitchen: %w", bridge.ErrNoSender), http.StatusConflict},
		"speaker went":       {fleet.ErrNoSpeaker, http.StatusNotFound},
		"sender unreachable": {errors.New("the sender does not answer"), http.StatusBadGateway},
	}
	for name, c := range cases {
		h := &household{speaker: kitchen(), fails: c.err}
		status, body, _ := ask(t, web.New(h.options()), "POST", web.SpeakersPath+kitchenID+"/next", "")
		if want := fmt.Sprintf(`{"error":%q}`, c.err); status != c.status || body != want {
			t.Errorf("%s: want %d %s, got %d %s", name, c.status, want, status, body)
		}
	}
}

func TestArtwork(t *testing.T) {
	cases := map[string]struct {
		artwork raop.Artwork
		status  int
	}{
		"JPEG": {raop.Artwork{Type: "image/jpeg", Data: picture}, http.StatusOK},
		"none": {raop.Artwork{}, http.StatusNotFound},
		"SVG":  {raop.Artwork{Type: "image/svg+xml", Data: []byte("<svg onload=alert(1)>")}, http.StatusNotFound},
	}
	for name, c := range cases {
		h := &household{speaker: kitchen()}
		h.speaker.NowPlaying.Artwork = c.artwork
		status, body, header := ask(t, web.New(h.options()), "GET", web.SpeakersPath+kitchenID+"/artwork", "")
		_, shown, _ := ask(t, web.New(h.options()), "GET", web.StatusPath, "")
		if told := strings.Contains(shown, `"artwork":`); told != (c.status == http.StatusOK) {
			t.Errorf("%s: want a path of what there is only, got %s", name, shown)
		}
		if status != c.status || status == http.StatusOK && (body != string(c.artwork.Data) || header.Get("Content-Type") != c.artwork.Type) {
			t.Errorf("%s: want %d, got %d %v %q", name, c.status, status, header, body)
		}
	}
}
