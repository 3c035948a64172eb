package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

// httpGet asks the daemon for a path, by a name for it.
func (sim *simulation) httpGet(path, host string) (status int, body string) {
	sim.t.Helper()
	request, err := http.NewRequest(http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", sim.Daemon.HTTPPort(), path), nil)
	must(sim.t, err)
	request.Host = host
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	must(sim.t, err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	must(sim.t, err)
	return answer.StatusCode, string(text)
}

// What is on the one HTTP port beside the streams, while music plays.
func TestPageOfTheDaemon(t *testing.T) {
	t.Parallel()
	const udn = "uuid:5e0a1c9e-0000-4000-8000-000000000001"
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", UDN: udn})
	sim.eventually("the speaker is offered", func() bool { return sim.snapshot(udn).Port != 0 })
	from := sim.connectSender(sim.snapshot(udn), sender.Options{})
	var got web.Status
	from.sendUntil(testMusic(0, waitTimeout), "the status shows it playing", func() bool {
		_, body := sim.httpGet(web.StatusPath, "localhost")
		got = web.Status{}
		must(t, json.Unmarshal([]byte(body), &got))
		return len(got.Speakers) == 1 && got.Speakers[0].State == "playing" && len(got.Speakers[0].Renderers) == 1 &&
			got.Speakers[0].Renderers[0].Stream != nil && got.Speakers[0].Renderers[0].Stream.ReadBytes > 0
	})
	s := got.Speakers[0]
	r := s.Renderers[0]
	if s.Name != "Kitchen" || r.Location == "" || s.Sender == nil || s.Sender.Address != "127.0.0.1" || r.Stream.Codec == "" || !got.Ready {
		t.Errorf("want the kitchen with its sender, got %+v", s)
	}
	for path, part := range map[string]string{"/": "<title>Breezeway</title>", web.HealthPath: `"playing":1`, web.ReadyPath: `"ready":true`} {
		if status, body := sim.httpGet(path, "localhost"); status != http.StatusOK || !strings.Contains(body, part) {
			t.Errorf("%s: want %s, got %d %s", path, part, status, body)
		}
	}
	for path, want := range map[string]int{
		web.DoctorPath:               http.StatusNotImplemented, // the doctor does not run in a simulation
		upnp.NotifyPath + "nobody's": http.StatusMethodNotAllowed,
		"/nothing":                   http.StatusNotFound,
	} {
		if status, _ := sim.httpGet(path, "localhost"); status != want {
			t.Errorf("%s: want %d, got %d", path, want, status)
		}
	}
	if status, _ := sim.httpGet("/", "evil.example"); status != http.StatusMisdirectedRequest {
		t.Errorf("want no page by a foreign name, got %d", status)
	}
	must(t, from.Teardown(t.Context()))
	if took := sim.stop(); took > 5*time.Second {
		t.Errorf("want an end at once, got one after %v", took)
	}
}

// A player that knows OpenHome alone is marked as such.
func TestPageMarksOpenHome(t *testing.T) {
	t.Parallel()
	const udn = "uuid:5e0a1c9e-0000-4000-8000-000000000002"
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Study", UDN: udn, Quirks: speaker.Quirks{OpenHome: true}})
	sim.eventually("the speaker is offered and met", func() bool {
		known := sim.snapshot(udn)
		return known.Port != 0 && len(known.Renderers) == 1
	})
	_, body := sim.httpGet(web.StatusPath, "localhost")
	var got web.Status
	must(t, json.Unmarshal([]byte(body), &got))
	if len(got.Speakers) != 1 || !got.Speakers[0].Renderers[0].OpenHome {
		t.Errorf("want a speaker by OpenHome, got %+v", got.Speakers)
	}
}
