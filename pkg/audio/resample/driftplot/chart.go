package main

import (
	"fmt"
	"image"
	"image/color"
	"math"
)

// Sizes in pixels.
const (
	pageWidth, pageHeight    = 1240, 760
	chartWidth, chartHeight  = 520, 280
	marginLeft, marginTop    = 70, 50
	columnWidth, rowHeight   = 610, 340
	titleAbove, labelsAway   = 18, 14
	legendTop, legendSpacing = 735, 130
)

var (
	paper = color.RGBA{255, 255, 255, 255}
	black = color.RGBA{40, 40, 40, 255}
	grid  = color.RGBA{225, 225, 225, 255}
	inks  = []color.RGBA{
		{200, 50, 40, 255}, {230, 150, 40, 255}, {90, 90, 90, 255}, {60, 150, 200, 255}, {40, 60, 170, 255},
	}
)

// A page is the whole picture.
type page struct{ picture *image.Paletted }

func newPage() page {
	palette := color.Palette{paper, black, grid}
	for _, ink := range inks {
		palette = append(palette, ink)
	}
	return page{image.NewPaletted(image.Rect(0, 0, pageWidth, pageHeight), palette)}
}

// A chart has curves over hours, between -limit and limit.
type chart struct {
	title              string
	limit, step, hours float64
	curves             []curve
}

type curve struct {
	x, y []float64
	ink  color.RGBA
}

func (c *chart) add(x, y []float64, ink color.RGBA) { c.curves = append(c.curves, curve{x, y, ink}) }

// place draws c in a cell of the page.
func (p page) place(c chart, column, row int) {
	left, top := marginLeft+column*columnWidth, marginTop+row*rowHeight
	at := func(x, y float64) (int, int) {
		return left + int(x/c.hours*chartWidth), top + int((c.limit-y)/(2*c.limit)*chartHeight)
	}
	p.write(left, top-titleAbove, c.title, black)
	for y := -c.limit; y <= c.limit; y += c.step {
		x0, y0 := at(0, y)
		p.line(x0, y0, x0+chartWidth, y0, grid)
		label := fmt.Sprintf("%.0f", y)
		p.write(x0-labelsAway-textWidth(label), y0-glyphHeight, label, black)
	}
	for hour := 0.0; hour <= c.hours; hour += 0.5 {
		x0, y0 := at(hour, -c.limit)
		p.line(x0, top, x0, y0, grid)
		label := fmt.Sprintf("%.1f H", hour)
		p.write(x0-textWidth(label)/2, y0+labelsAway, label, black)
	}
	for _, curve := range c.curves {
		for i := 1; i < len(curve.x); i++ {
			x0, y0 := at(curve.x[i-1], curve.y[i-1])
			x1, y1 := at(curve.x[i], curve.y[i])
			p.line(x0, y0, x1, y1, curve.ink)
			p.line(x0, y0+1, x1, y1+1, curve.ink)
		}
	}
}

func (p page) legend(skewsPPM []float64) {
	for i, skew := range skewsPPM {
		x := marginLeft + i*legendSpacing
		p.line(x, legendTop+glyphHeight, x+20, legendTop+glyphHeight, inks[i])
		p.write(x+28, legendTop, fmt.Sprintf("%+.0f PPM", skew), inks[i])
	}
}

// line draws from one pixel to another.
func (p page) line(x0, y0, x1, y1 int, ink color.Color) {
	steps := max(math.Abs(float64(x1-x0)), math.Abs(float64(y1-y0)), 1)
	for s := 0.0; s <= steps; s++ {
		x := float64(x0) + float64(x1-x0)*s/steps
		y := float64(y0) + float64(y1-y0)*s/steps
		p.picture.Set(int(math.Round(x)), int(math.Round(y)), ink)
	}
}
