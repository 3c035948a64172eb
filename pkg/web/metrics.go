package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
)

// An observation is what the metrics of one moment are made from.
type observation struct {
	bridge.Snapshot
	conditions []monitor.Condition
	version    string
	now        time.Time
}

// A metric is one row of the table: a name with its series.
type metric struct {
	name   string // whole, with its unit
	kind   metricType
	help   string // a sentence without its full stop, backslashes and line ends
	labels []string
	// collect calls add for each series, with the values of the labels.
	collect func(o observation, add adder)
}

type adder func(value float64, labels ...string)

// Labels that say what a series is about.
var (
	speakerLabels  = []string{"speaker", "id"}
	rendererLabels = []string{"speaker", "id", "udn"}
)

// single is a metric of one series.
func single(value func(o observation) float64) func(observation, adder) {
	return func(o observation, add adder) { add(value(o)) }
}

// eachSpeaker is a metric with a series for each speaker and group.
func eachSpeaker(value func(bridge.Speaker) float64) func(observation, adder) {
	return func(o observation, add adder) {
		for _, s := range o.Speakers {
			add(value(s), s.Name, s.ID.String())
		}
	}
}

// eachRenderer is a metric with a series for each renderer that a speaker plays
// on whose value is known.
func eachRenderer(value func(bridge.Member) (v float64, known bool)) func(observation, adder) {
	return func(o observation, add adder) {
		for _, s := range o.Speakers {
			for _, r := range s.Renderers() {
				if v, known := value(r); known {
					add(v, s.Name, s.ID.String(), r.UDN)
				}
			}
		}
	}
}

func metricsHandler(o Options) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		seen := observation{o.Snapshot(), o.Conditions(), o.Version, time.Now()}
		var b []byte
		for _, m := range metrics {
			f := family{name: m.name, kind: m.kind, help: m.help + ".", labels: m.labels}
			m.collect(seen, f.add)
			b = f.append(b)
		}
		w.Header().Set("Content-Type", expositionType)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(b) // the peer left: nobody to inform
	}
}

// MetricsMarkdown gives the table for docs/METRICS.md.
func MetricsMarkdown() string {
	var b strings.Builder
	b.WriteString("| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n")
	for _, m := range metrics {
		fmt.Fprintf(&b, "| `%s` | %v | %s | %s |\n", m.name, m.kind, strings.Join(m.labels, ", "), m.help)
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
