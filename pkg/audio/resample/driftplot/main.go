// Driftplot draws how a Governor holds the delay of renderers whose clocks are
// off: two hours simulated by pkg/audio/resample/house, as a PNG.
//
//	go run ./pkg/audio/resample/driftplot docs/drift.png
package main

import (
	"fmt"
	"image/png"
	"os"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio/resample/house"
)

const length = 2 * time.Hour

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: driftplot FILE.png")
		os.Exit(2)
	}
	if err := draw(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "driftplot:", err)
		os.Exit(1)
	}
}

// A course is what happened beside one renderer, sampled at every observation.
type course struct {
	hours   []float64
	delayMS []float64 // what the delay moved since the start
	ppm     []float64 // correction
}

func simulate(m house.Measure, skewPPM float64) course {
	h := house.New(1)
	begin, first := h.Now, h.Delay
	var c course
	h.Run(m, length, house.Steady(skewPPM), func() {
		c.hours = append(c.hours, h.Now.Sub(begin).Hours())
		c.delayMS = append(c.delayMS, 1e3*(h.Delay-first))
		c.ppm = append(c.ppm, h.Governor.PPM())
	})
	return c
}

// draw makes four charts: delay and correction, by each measure.
func draw(file string) error {
	page, skews := newPage(), []float64{300, 100, 0, -100, -300}
	for column, m := range []house.Measure{house.Fetched, house.SoughtSeconds} {
		var courses []course
		for _, skew := range skews {
			courses = append(courses, simulate(m, skew))
		}
		delay := chart{title: "DELAY, MS (" + m.Name + ")", limit: 40, step: 10, hours: length.Hours()}
		correction := chart{title: "CORRECTION, PPM (" + m.Name + ")", limit: 500, step: 100, hours: length.Hours()}
		for i, c := range courses {
			delay.add(c.hours, c.delayMS, inks[i])
			correction.add(c.hours, c.ppm, inks[i])
		}
		page.place(delay, column, 0)
		page.place(correction, column, 1)
	}
	page.legend(skews)
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := png.Encode(out, page.picture); err != nil {
		_ = out.Close() // what Encode says is the cause
		return err
	}
	return out.Close()
}
