package main

import (
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// TestPlotShowsAllCurves: each ink is in the picture, outside the legend.
func TestPlotShowsAllCurves(t *testing.T) {
	name := filepath.Join(t.TempDir(), "drift.png")
	if err := draw(name); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	picture, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, ink := range inks {
		dots := 0
		for y := range legendTop - 10 {
			for x := range pageWidth {
				if r, g, b, _ := picture.At(x, y).RGBA(); r>>8 == uint32(ink.R) && g>>8 == uint32(ink.G) && b>>8 == uint32(ink.B) {
					dots++
				}
			}
		}
		if dots < 4*chartWidth {
			t.Errorf("ink %d: want a curve in each of four charts, got %d dots", i, dots)
		}
	}
}

func TestEveryLetterHasAGlyph(t *testing.T) {
	for letter, rows := range glyphs {
		if len(rows) != 5 {
			t.Errorf("%c: want 5 rows, got %q", letter, rows)
		}
	}
	for _, letter := range "DELAY, MS (FETCHED) CORRECTION, PPM (SOUGHT SECONDS) +-.0123456789 H" {
		if _, ok := glyphs[letter]; !ok && letter != ' ' {
			t.Errorf("no glyph for %c", letter)
		}
	}
}
