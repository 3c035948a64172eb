package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

func TestHealth(t *testing.T) {
	handler := web.HealthHandler(func() fleet.Snapshot {
		return fleet.Snapshot{
			Started:  time.Now().Add(-time.Minute),
			Speakers: []bridge.Speaker{{Renderers: []player.Snapshot{{State: player.StatePlaying}}}, {}},
		}
	})
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, web.HealthPath, nil))
	var got web.Health
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := web.Health{Service: web.ServiceName, Uptime: 60, Speakers: 2, Playing: 1}
	if answer.Code != http.StatusOK || got != want {
		t.Errorf("want 200 %+v, got %d %+v", want, answer.Code, got)
	}
}

func TestHealthTakesNothing(t *testing.T) {
	handler := web.HealthHandler(func() fleet.Snapshot { return fleet.Snapshot{} })
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, web.HealthPath, nil))
	if answer.Code != http.StatusMethodNotAllowed {
		t.Errorf("want 405, got %d", answer.Code)
	}
}
