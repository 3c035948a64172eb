package main

import (
	"bytes"
	"fmt"
)

// Sizes in pixels.
const (
	pageWidth, pageHeight     = 1240, 760
	chartWidth, chartHeight   = 520, 280
	marginLeft, marginTop     = 70, 50
	columnWidth, rowHeight    = 610, 340
	titleAbove, labelDistance = 12, 8
	fontSize, middleOfText    = 12, 4
	legendTop, legendSpacing  = 740, 130
)

var colours = []string{"#c83228", "#e6962d", "#5a5a5a", "#3c96c8", "#283caa"}

// A page is an SVG in the making: text, so that it needs no font of its own.
type page struct{ svg bytes.Buffer }

func newPage() *page {
	p := new(page)
	p.write(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="%d">`,
		pageWidth, pageHeight, pageWidth, pageHeight, fontSize)
	p.write(`<rect width="100%%" height="100%%" fill="white"/>`)
	return p
}

func (p *page) write(format string, args ...any) { fmt.Fprintf(&p.svg, format+"\n", args...) }

func (p *page) end() []byte {
	p.write("</svg>")
	return p.svg.Bytes()
}

// A chart has curves over hours, between -limit and limit.
type chart struct {
	title              string
	limit, step, hours float64
	curves             []curve
}

type curve struct {
	x, y   []float64
	colour string
}

// place draws c in a cell of the page.
func (p *page) place(c chart, column, row int) {
	p.write(`<g transform="translate(%d %d)">`, marginLeft+column*columnWidth, marginTop+row*rowHeight)
	p.write(`<text x="0" y="%d" font-weight="bold">%s</text>`, -titleAbove, c.title)
	for y := -c.limit; y <= c.limit; y += c.step {
		at := c.yOf(y)
		p.write(`<path d="M0 %.1fH%d" stroke="#e1e1e1"/>`, at, chartWidth)
		p.write(`<text x="%d" y="%.1f" text-anchor="end">%.0f</text>`, -labelDistance, at+middleOfText, y)
	}
	for hour := 0.0; hour <= c.hours; hour += 0.5 {
		at := c.xOf(hour)
		p.write(`<path d="M%.1f 0V%d" stroke="#e1e1e1"/>`, at, chartHeight)
		p.write(`<text x="%.1f" y="%d" text-anchor="middle">%.1f h</text>`, at, chartHeight+labelDistance+fontSize, hour)
	}
	for _, curve := range c.curves {
		p.draw(c, curve)
	}
	p.write("</g>")
}

func (c chart) xOf(hours float64) float64 { return hours / c.hours * chartWidth }
func (c chart) yOf(value float64) float64 { return (c.limit - value) / (2 * c.limit) * chartHeight }

// draw draws a curve with one point a pixel of its width, and none within a level
// stretch.
func (p *page) draw(c chart, l curve) {
	fmt.Fprintf(&p.svg, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="`, l.colour)
	lastX, lastY, level := -1, "", ""
	for i := range l.x {
		x, y := int(c.xOf(l.x[i])), fmt.Sprintf("%.1f", c.yOf(l.y[i]))
		if x == lastX && i < len(l.x)-1 {
			continue
		}
		lastX = x
		if y == lastY && i < len(l.x)-1 {
			level = fmt.Sprintf("%d,%s ", x, y) // drawn when the level ends
			continue
		}
		fmt.Fprintf(&p.svg, "%s%d,%s ", level, x, y)
		lastY, level = y, ""
	}
	p.write(`"/>`)
}

// legend says whose clock has which colour.
func (p *page) legend() {
	for i, skew := range skewsPPM {
		x := marginLeft + i*legendSpacing
		p.write(`<path d="M%d %dh20" stroke="%s" stroke-width="2"/>`, x, legendTop, colours[i])
		p.write(`<text x="%d" y="%d">%+.0f ppm</text>`, x+28, legendTop+middleOfText, skew)
	}
}
