package volume

import (
	"math"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A scale is the range of a device's volume.
type scale struct {
	upnp.Range
	mutes bool // the device can be muted, and reports whether it is
}

// usualScale is the scale of nearly all devices.
var usualScale = scale{Range: upnp.Range{Min: 0, Max: 100, Step: 1}, mutes: true}

// raw turns a level (0 to 1) into the device's number.
func (s scale) raw(level float64) int {
	level = min(max(level, 0), 1)
	step := min(s.Step, s.Max-s.Min)
	steps := math.Round(level * float64(s.Max-s.Min) / float64(step))
	return min(s.Min+int(steps)*step, s.Max)
}

// level turns the device's number into 0 to 1.
func (s scale) level(raw int) float64 {
	raw = min(max(raw, s.Min), s.Max)
	return float64(raw-s.Min) / float64(s.Max-s.Min)
}

// step is the least change of the level.
func (s scale) step() float64 { return min(1, float64(s.Step)/float64(s.Max-s.Min)) }
