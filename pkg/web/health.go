// Package web is what a browser, a container engine and a monitor read of the
// bridge. It makes everything from one bridge.Snapshot and changes nothing.
package web

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
)

// HealthPath answers whether the process works. A missing speaker or a held
// port does not make it unhealthy: a restart would not mend that.
const HealthPath = "/healthz"

// ServiceName tells our health answer from that of another program on the port.
const ServiceName = "breezeway"

// Health is the body of an answer under HealthPath.
type Health struct {
	Service  string `json:"service"` // ServiceName
	Uptime   int64  `json:"uptimeSeconds"`
	Speakers int    `json:"speakers"`
	Playing  int    `json:"playing"`
}

// HealthHandler answers 200 with a Health made from the snapshot.
func HealthHandler(snapshot func() bridge.Snapshot) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(healthOf(snapshot(), time.Now())) // the peer left: nobody to tell
	})
}

func healthOf(s bridge.Snapshot, now time.Time) Health {
	h := Health{Service: ServiceName, Uptime: int64(now.Sub(s.Started).Seconds()), Speakers: len(s.Speakers)}
	for _, speaker := range s.Speakers {
		if speaker.Playing() {
			h.Playing++
		}
	}
	return h
}
