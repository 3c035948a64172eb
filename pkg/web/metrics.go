package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
)

// An observation is the data from which the metrics of one moment are made.
type observation struct {
	fleet.Snapshot
	conditions []monitor.Condition
	version    string
	now        time.Time
}

// A metric is one row of the table: a name with its series. Exactly one of the functions
// is set, and returns the values.
type metric struct {
	name string // whole, with its unit
	kind metricType
	help string // a sentence without its full stop, backslashes and line ends

	single     func(o *observation) float64                         // one series
	ofSpeaker  func(s *bridge.Speaker) float64                      // one for each speaker and group
	ofRenderer func(r *player.Snapshot) (value float64, known bool) // one for each renderer that a speaker plays on
	collect    func(o *observation, add adder)                      // calls add for each series, with its labels
	labels     []string                                             // of collect
}

type adder func(value float64, labels ...string)

// Labels that identify the subject of a series.
var (
	speakerLabels  = []string{"speaker", "id"}
	rendererLabels = []string{"speaker", "id", "udn"}
)

// labelNames are the labels of the metric's series.
func (m *metric) labelNames() []string {
	switch {
	case m.ofSpeaker != nil:
		return speakerLabels
	case m.ofRenderer != nil:
		return rendererLabels
	}
	return m.labels
}

// series calls add for each series.
func (m *metric) series(o *observation, add adder) {
	switch {
	case m.collect != nil:
		m.collect(o, add)
		return
	case m.single != nil:
		add(m.single(o))
		return
	}
	for i := range o.Speakers {
		s := &o.Speakers[i]
		if m.ofSpeaker != nil {
			add(m.ofSpeaker(s), s.Name, s.ID.String())
			continue
		}
		for _, r := range s.Renderers {
			if v, known := m.ofRenderer(&r); known {
				add(v, s.Name, s.ID.String(), r.UDN)
			}
		}
	}
}

func metricsHandler(o Options) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		seen := observation{o.Snapshot(), o.Conditions(), o.Version, time.Now()}
		var b []byte
		for i := range metrics {
			m := &metrics[i]
			f := family{name: m.name, kind: m.kind, help: m.help + ".", labels: m.labelNames()}
			m.series(&seen, f.add)
			b = f.append(b)
		}
		w.Header().Set("Content-Type", expositionType)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(b) // the peer left: nobody to inform
	}
}

// MetricsMarkdown is the table for docs/METRICS.md.
func MetricsMarkdown() string {
	var b strings.Builder
	b.WriteString("| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n")
	for _, m := range metrics {
		fmt.Fprintf(&b, "| `%s` | %v | %s | %s |\n", m.name, m.kind, strings.Join(m.labelNames(), ", "), m.help)
	}
	return b.String()
}

// flag is 1 for true.
func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

// seconds of sound.
func seconds(frames uint64) float64 { return audio.CD.Duration(int64(frames)).Seconds() }
