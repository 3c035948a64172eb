package web

import (
	"fmt"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
)

// ServiceName distinguishes our answers from those of another program on the port.
const ServiceName = "breezeway"

// Paths that are served.
const (
	HealthPath   = "/healthz"       // Health: whether the process works
	ReadyPath    = "/readyz"        // Readiness: whether senders can play
	MetricsPath  = "/metrics"       // the text format of Prometheus
	StatusPath   = "/api/status"    // Status
	DoctorPath   = "/api/doctor"    // the doctor's last report; with "/run" behind it, POST asks for a new one
	SpeakersPath = "/api/speakers/" // followed by a speaker's id: all that is about it
)

// ArtworkPath is where a speaker's picture is served, another path for each.
func ArtworkPath(id raop.ID, serial uint64) string {
	return fmt.Sprintf("%s%s/artwork?serial=%d", SpeakersPath, id, serial)
}
