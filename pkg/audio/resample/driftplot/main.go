// Driftplot draws how a Governor holds the delay of renderers whose clocks are
// off: two hours simulated by pkg/audio/resample/simrenderer, as an SVG.
//
//	go run ./pkg/audio/resample/driftplot docs/drift.svg
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio/resample/simrenderer"
)

const simulated = 2 * time.Hour

// skewsPPM are the clocks that are simulated, each in the colour of the same place
// of colours.
var skewsPPM = []float64{300, 100, 0, -100, -300}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: driftplot FILE.svg")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], plot(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "driftplot:", err)
		os.Exit(1)
	}
}

// A run is what happened beside one renderer, sampled at every measure.
type run struct {
	hours   []float64
	delayMS []float64 // what the delay moved since the start
	ppm     []float64 // correction
}

func simulate(m simrenderer.Method, skewPPM float64) run {
	renderer := simrenderer.New(1)
	begin, first := renderer.Now, renderer.Delay
	var r run
	renderer.Run(m, simulated, simrenderer.Steady(skewPPM), func() {
		r.hours = append(r.hours, renderer.Now.Sub(begin).Hours())
		r.delayMS = append(r.delayMS, 1e3*(renderer.Delay-first))
		r.ppm = append(r.ppm, renderer.Governor.PPM())
	})
	return r
}

// plot makes four charts: delay and correction, by each way to measure.
func plot() []byte {
	p := newPage()
	columns := []struct {
		method              simrenderer.Method
		delayLimit, delayBy float64 // ms
	}{
		{simrenderer.SecondEdges, 40, 10},
		{simrenderer.WholeSeconds, 400, 100},
	}
	for i, c := range columns {
		delay := chart{title: fmt.Sprintf("Delay, ms (%s)", c.method.Name), limit: c.delayLimit, step: c.delayBy, hours: simulated.Hours()}
		correction := chart{title: fmt.Sprintf("Correction, ppm (%s)", c.method.Name), limit: 500, step: 100, hours: simulated.Hours()}
		for k, skew := range skewsPPM {
			r := simulate(c.method, skew)
			delay.curves = append(delay.curves, curve{r.hours, r.delayMS, colours[k]})
			correction.curves = append(correction.curves, curve{r.hours, r.ppm, colours[k]})
		}
		p.place(delay, i, 0)
		p.place(correction, i, 1)
	}
	p.legend()
	return p.end()
}
