package config

import (
	"fmt"
	"path/filepath"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A problem is what is wrong with the value of a variable.
type problem struct{ variable, text string }

// bound reports values that are out of bounds, and replaces them by their defaults,
// so that check does not report consequences of them.
func bound(c *Config, all []Variable) []problem {
	var problems []problem
	for _, v := range all {
		if v.bound == nil {
			continue
		}
		if err := v.bound(c); err != nil {
			problems = append(problems, problem{v.Name, err.Error()})
		}
	}
	return problems
}

// check finds values that are valid by themselves, but not together.
func (c *Config) check() []problem {
	var problems []problem
	report := func(variable, format string, args ...any) {
		problems = append(problems, problem{variable, fmt.Sprintf(format, args...)})
	}
	volume := c.Speaker.Volume
	if volume.Min > volume.Max {
		report("BREEZEWAY_VOLUME_MIN", "above BREEZEWAY_VOLUME_MAX")
	}
	switch start := volume.Start; {
	case !start.Set:
		// The speaker's volume is left as it is
	case start.Percent < volume.Min:
		report("BREEZEWAY_VOLUME_START", "below %d", volume.Min)
	case start.Percent > volume.Max:
		report("BREEZEWAY_VOLUME_START", "above %d", volume.Max)
	}
	if n := c.UDPPorts.Len(); n > 0 && n < settings.UDPPortsPerSession {
		report("BREEZEWAY_UDP_PORTS", "too few ports: a session needs %d", settings.UDPPortsPerSession)
	}
	if c.StateDir != "" && !filepath.IsAbs(c.StateDir) {
		report("BREEZEWAY_STATE_DIR", "does not begin with /")
	}
	return problems
}
