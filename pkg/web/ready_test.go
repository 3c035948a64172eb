package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
	"github.com/breezeway-audio/breezeway/pkg/settings"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

func askReady(t *testing.T, s fleet.Snapshot, conditions []monitor.Condition) (status int, body string) {
	t.Helper()
	handler := web.ReadyHandler(web.Options{Snapshot: func() fleet.Snapshot { return s }, Conditions: func() []monitor.Condition { return conditions }})
	answer := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodGet, web.ReadyPath, nil)
	request.Host = "localhost:7700"
	handler.ServeHTTP(answer, request)
	return answer.Code, strings.TrimSpace(answer.Body.String())
}

func TestReady(t *testing.T) {
	s := fleet.Snapshot{
		Interfaces: []string{"eth0"},
		HTTP:       fleet.HTTPPort{Port: 7700},
		MDNS:       mdns.Stats{IPv4: mdns.PortShared},
		// Neither of these matters:
		Listening: ssdp.ListenerState{Mode: settings.SSDPListenAuto, Method: ssdp.MethodOff},
		Speakers:  []bridge.Speaker{{Name: "Kitchen"}},
	}
	status, body := askReady(t, s, nil)
	if want := `{"service":"breezeway","ready":true,"missing":[],"conditions":[]}`; status != http.StatusOK || body != want {
		t.Errorf("want 200 %s, got %d %s", want, status, body)
	}
}

func TestReadyTellsConditions(t *testing.T) {
	s := fleet.Snapshot{Interfaces: []string{"eth0"}, HTTP: fleet.HTTPPort{Port: 7700}, MDNS: mdns.Stats{IPv4: mdns.PortOK}}
	since := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	status, body := askReady(t, s, []monitor.Condition{{Code: monitor.CodeSpeakerLost, Subject: "Kitchen", Since: since, Seen: "away", Do: "look"}})
	want := `{"service":"breezeway","ready":true,"missing":[],"conditions":[` +
		`{"code":"speaker-lost","severity":"warning","title":"The speaker does not answer","subject":"Kitchen","since":"2026-01-01T00:00:00Z","seen":"away","do":"look"}]}`
	if status != http.StatusOK || body != want {
		t.Errorf("want 200 %s, got %d %s", want, status, body)
	}
}

func TestUnready(t *testing.T) {
	status, body := askReady(t, fleet.Snapshot{}, nil)
	var got struct {
		Ready   bool
		Missing []struct{ Code, Title, Seen, Do string }
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if status != http.StatusServiceUnavailable || got.Ready || len(got.Missing) != 3 {
		t.Errorf("want 503 with three things missing, got %d %s", status, body)
	}
	for _, m := range got.Missing {
		if m.Code == "" || m.Title == "" || m.Seen == "" || m.Do == "" {
			t.Errorf("want what is missing and what to do, got %+v", m)
		}
	}
}

func TestReadyTakesNothing(t *testing.T) {
	answer := httptest.NewRecorder()
	web.ReadyHandler(web.Options{}).ServeHTTP(answer, httptest.NewRequest(http.MethodPost, web.ReadyPath, nil))
	if answer.Code != http.StatusMethodNotAllowed {
		t.Errorf("want 405, got %d", answer.Code)
	}
}
