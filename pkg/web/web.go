// Package web is what a browser, a container engine and a monitor see of the
// bridge: the page, health and readiness, and the API behind the page.
//
//	GET  /                                the page
//	GET  /healthz, /readyz                Health, Readiness
//	GET  /metrics                         numbers for Prometheus
//	GET  /api/status                      Status
//	GET  /api/doctor                      the doctor's last report
//	POST /api/doctor/run                  asks for a new one
//	GET  /api/speakers/{id}/artwork       the picture to what plays
//	POST /api/speakers/{id}/{command}     play, pause, next, previous
//	PUT  /api/speakers/{id}/volume        {"level": 0 to 1}
//
// What went wrong is answered as {"error": "..."}. Everything shown is made from
// one bridge.Snapshot; what a user wants done goes through Control. Page and API
// answer only to addresses and names of ours; health and readiness, which monitors
// ask by names of their own, tell nothing of speakers by others (guard.go). Left
// out: passwords, TLS.
package web

import (
	"net/http"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

// Options of New. Snapshot and Conditions are needed.
type Options struct {
	Snapshot   func() bridge.Snapshot
	Conditions func() []monitor.Condition
	Ports      []ports.Row // the plan
	Version    string      // ours
	Doctor     Doctor      // nil: none is in
	Control    Control     // nil: speakers and senders take no commands from here
}

// A site is what answers the requests.
type site struct {
	Options
}

// New makes the handler of everything but streams and events: the page at "/",
// health, readiness and the API.
func New(o Options) http.Handler {
	s := &site{o}
	inner := http.NewServeMux()
	inner.Handle("GET /{$}", newPage())
	inner.HandleFunc("GET "+MetricsPath, s.metrics)
	inner.HandleFunc("GET "+StatusPath, s.status)
	inner.HandleFunc("GET "+DoctorPath, s.doctor)
	inner.HandleFunc("POST "+DoctorPath+"/run", s.runDoctor)
	inner.HandleFunc("GET "+SpeakersPath+"{id}/artwork", s.artwork)
	inner.HandleFunc("PUT "+SpeakersPath+"{id}/volume", s.volume)
	inner.HandleFunc("POST "+SpeakersPath+"{id}/{command}", s.command)

	outer := http.NewServeMux()
	outer.Handle(HealthPath, HealthHandler(o.Snapshot))
	outer.Handle(ReadyPath, ReadyHandler(o.Snapshot, o.Conditions))
	outer.Handle("/", s.guard(known(inner)))
	return outer
}
