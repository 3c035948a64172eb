// Package web serves the status page, its API, metrics, and health and readiness for
// container engines and monitors.
//
//	GET  /                                the page
//	GET  /healthz, /readyz                Health, Readiness
//	GET  /metrics                         numbers for Prometheus
//	GET  /api/status                      Status
//	GET  /api/doctor                      the doctor's last report
//	POST /api/doctor/run                  requests a new one
//	GET  /api/speakers/{id}/artwork       the picture of what plays
//	POST /api/speakers/{id}/{command}     play, pause, next, previous
//	PUT  /api/speakers/{id}/volume        {"level": 0 to 1}
//
// Errors are {"error": "..."}. Everything shown is made from one fleet.Snapshot;
// commands go through Control. Page and API answer only under our own addresses and
// names; health and readiness also answer monitors that use other names, but then do
// not name speakers (guard.go). Left out: passwords, TLS.
package web

import "net/http"

// New makes the handler of everything but streams and events: the page at "/",
// health, readiness and the API.
func New(o Options) http.Handler {
	find := finderIn(o.Snapshot)
	control, doctor := controlAPI{o.Control, find}, doctorAPI{o.Doctor}
	inner := http.NewServeMux()
	inner.Handle("GET /{$}", newPage())
	inner.HandleFunc("GET "+MetricsPath, metricsHandler(o))
	inner.HandleFunc("GET "+StatusPath, statusHandler(o))
	inner.HandleFunc("GET "+DoctorPath, doctor.report)
	inner.HandleFunc("POST "+DoctorPath+"/run", doctor.run)
	inner.HandleFunc("GET "+SpeakersPath+"{id}/artwork", artworkHandler(find))
	inner.HandleFunc("PUT "+SpeakersPath+"{id}/volume", control.volume)
	inner.HandleFunc("POST "+SpeakersPath+"{id}/{command}", control.command)

	outer := http.NewServeMux()
	outer.Handle(HealthPath, HealthHandler(o.Snapshot))
	outer.Handle(ReadyPath, ReadyHandler(o))
	outer.Handle("/", guard(hostNamesOf(o), withErrors(inner)))
	return outer
}
