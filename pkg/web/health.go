package web

import (
	"net/http"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
)

// Health is the body of an answer under HealthPath. A missing speaker or a held
// port does not make the process unhealthy: a restart would not help.
type Health struct {
	Service  string `json:"service"`       // ServiceName
	Uptime   int64  `json:"uptimeSeconds"` // of the process
	Speakers int    `json:"speakers"`      // offered to senders
	Playing  int    `json:"playing"`       // of these
}

// HealthHandler answers 200 with a Health made from the snapshot.
func HealthHandler(snapshot func() fleet.Snapshot) http.Handler {
	return readOnly(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, healthOf(snapshot(), time.Now()))
	})
}

func healthOf(s fleet.Snapshot, now time.Time) Health {
	h := Health{Service: ServiceName, Uptime: int64(now.Sub(s.Started).Seconds()), Speakers: len(s.Speakers)}
	for _, speaker := range s.Speakers {
		if speaker.Playing() {
			h.Playing++
		}
	}
	return h
}
