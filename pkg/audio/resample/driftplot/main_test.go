package main

import (
	"encoding/xml"
	"strings"
	"testing"
)

// TestPlotShowsAllCurves: the plot is well-formed and has each clock's curve in each
// of four charts.
func TestPlotShowsAllCurves(t *testing.T) {
	var drawn struct {
		Charts []struct {
			Title  []string `xml:"text"`
			Curves []struct {
				Colour string `xml:"stroke,attr"`
				Points string `xml:"points,attr"`
			} `xml:"polyline"`
		} `xml:"g"`
	}
	if err := xml.Unmarshal(plot(), &drawn); err != nil {
		t.Fatal(err)
	}
	if len(drawn.Charts) != 4 {
		t.Fatalf("want four charts, got %d", len(drawn.Charts))
	}
	for _, c := range drawn.Charts {
		if len(c.Curves) != len(skewsPPM) {
			t.Errorf("%s: want %d curves, got %d", c.Title[0], len(skewsPPM), len(c.Curves))
		}
		for i, curve := range c.Curves {
			points := strings.Fields(curve.Points)
			if curve.Colour != colours[i] || len(points) < 2 {
				t.Fatalf("%s: want curve %d in %s, got %s with %d points", c.Title[0], i, colours[i], curve.Colour, len(points))
			}
			if first, last := points[0], points[len(points)-1]; !strings.HasPrefix(first, "0,") || !strings.HasPrefix(last, "5") {
				t.Errorf("%s: want a curve over the whole width, got it from %s to %s", c.Title[0], first, last)
			}
		}
	}
}
