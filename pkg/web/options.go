package web

import (
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

// Options of New. Snapshot and Conditions are needed.
type Options struct {
	Snapshot   func() fleet.Snapshot
	Conditions func() []monitor.Condition
	Ports      []ports.Row // the plan
	Version    string      // ours
	Names      []string    // globs of further names under which page and API answer
	Doctor     Doctor      // nil: there is none
	Control    Control     // nil: commands and volumes are not accepted here
}
