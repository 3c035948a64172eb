package web

import (
	"net/http"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
)

// Status is everything that the page shows. From the first release on its shape is
// stable: fields are added, none is renamed or removed. Times are RFC 3339 and left out when zero; durations
// end in MS, milliseconds, or Seconds; lists are never null.
type Status struct {
	Service    string              `json:"service"` // ServiceName
	Version    string              `json:"version"`
	Now        time.Time           `json:"now"` // by our clock: ages are against it
	Started    time.Time           `json:"started"`
	Ready      bool                `json:"ready"`   // as ReadyPath says
	Summary    string              `json:"summary"` // what plays where, in a sentence or two
	Conditions []monitor.Condition `json:"conditions"`
	HTTP       HTTPPort            `json:"http"`
	Interfaces []string            `json:"interfaces"` // in use, by name
	MDNS       MDNS                `json:"mdns"`
	SSDP       SSDP                `json:"ssdp"`
	Ports      []Port              `json:"ports"` // as planned
	HasDoctor  bool                `json:"hasDoctor"`
	HasControl bool                `json:"hasControl"` // commands and volumes are accepted
	Speakers   []Speaker           `json:"speakers"`   // by name
	LeftOut    []string            `json:"leftOut"`    // hosts of renderers that are not offered on purpose
}

func statusHandler(o Options) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, statusOf(o, o.Snapshot(), time.Now()))
	}
}

func statusOf(o Options, snapshot fleet.Snapshot, now time.Time) Status {
	ready := len(monitor.Missing(snapshot)) == 0
	status := Status{
		Service:    ServiceName,
		Version:    o.Version,
		Now:        now,
		Started:    snapshot.Started,
		Ready:      ready,
		Summary:    summaryText(ready, snapshot.Speakers),
		Conditions: append([]monitor.Condition{}, o.Conditions()...),
		HTTP:       HTTPPort{Port: snapshot.HTTP.Port, Wanted: snapshot.HTTP.First},
		Interfaces: append([]string{}, snapshot.Interfaces...),
		MDNS:       mdnsOf(snapshot.MDNS),
		SSDP:       ssdpOf(snapshot.Listening),
		Ports:      portsOf(o.Ports),
		HasDoctor:  o.Doctor != nil,
		HasControl: o.Control != nil,
		Speakers:   []Speaker{},
		LeftOut:    []string{},
	}
	for _, host := range snapshot.LeftOut {
		status.LeftOut = append(status.LeftOut, host.String())
	}
	for _, speaker := range snapshot.Speakers {
		status.Speakers = append(status.Speakers, speakerOf(speaker, now))
	}
	return status
}
