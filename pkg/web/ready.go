package web

import (
	"net/http"

	"github.com/breezeway-audio/breezeway/pkg/monitor"
)

// Readiness is the body of an answer under ReadyPath: senders can play when HTTP
// is served, there is a network, and the speakers can be announced. A missing
// speaker or a held port 1900 does not make it unready.
type Readiness struct {
	Service string `json:"service"` // ServiceName
	Ready   bool   `json:"ready"`
	// Missing is why nothing can play now, and what to do about it. Empty when ready.
	Missing []monitor.Condition `json:"missing"`
	// Conditions are all problems and when they began, including those with which
	// speakers can play. Empty if the request does not use one of our names.
	Conditions []monitor.Condition `json:"conditions"`
}

// ReadyHandler answers with a Readiness: 200 when ready, else 503.
func ReadyHandler(o Options) http.Handler {
	ours := hostNamesOf(o)
	return readOnly(func(w http.ResponseWriter, r *http.Request) {
		var all []monitor.Condition
		if ours.names(r) {
			all = o.Conditions()
		}
		readiness := readinessOf(monitor.Missing(o.Snapshot()), all)
		status := http.StatusOK
		if !readiness.Ready {
			status = http.StatusServiceUnavailable
		}
		writeJSON(w, status, readiness)
	})
}

// readinessOf makes a Readiness whose lists are never null in JSON.
func readinessOf(missing, conditions []monitor.Condition) Readiness {
	return Readiness{
		Service:    ServiceName,
		Ready:      len(missing) == 0,
		Missing:    append([]monitor.Condition{}, missing...),
		Conditions: append([]monitor.Condition{}, conditions...),
	}
}
