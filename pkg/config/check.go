package config

import (
	"fmt"
	"path/filepath"
	"time"
)

const (
	// FLAC's format begins at 16 frames, but below 192 headers outweigh sound.
	// 4608 is the most that its streamable subset allows up to 48 kHz.
	minFLACBlockFrames = 192
	maxFLACBlockFrames = 4608

	// Less than 100 ms leaves no time to ask for a lost packet again; senders
	// keep about 8 s of packets to answer with.
	minLatency = 100 * time.Millisecond
	maxLatency = 8 * time.Second

	maxGrace = 7 * 24 * time.Hour

	// More than any speaker is known to buffer before it starts.
	maxPreroll = 10 * time.Second

	// One session has an audio, a control and a timing port.
	portsPerSession = 3
)

// check holds what the types alone cannot say.
func (c *Config) check(values map[string]string) Faults {
	var faults Faults
	report := func(name, problem string) {
		if problem != "" {
			faults = append(faults, variableNamed(name).fault(values, problem))
		}
	}
	report("BREEZEWAY_FLAC_BLOCK", outside(c.FLACBlock, minFLACBlockFrames, maxFLACBlockFrames))
	report("BREEZEWAY_LATENCY", outside(c.Latency, minLatency, maxLatency))
	report("BREEZEWAY_PREROLL", outside(c.Preroll, 0, maxPreroll))
	report("BREEZEWAY_GRACE", outside(c.Grace, 0, maxGrace))
	report("BREEZEWAY_VOLUME_MAX", outside(c.VolumeMax, 0, 100))
	report("BREEZEWAY_VOLUME_MIN", outside(c.VolumeMin, 0, 100))
	if c.VolumeMin > c.VolumeMax {
		report("BREEZEWAY_VOLUME_MIN", "above BREEZEWAY_VOLUME_MAX")
	}
	if start := c.VolumeStart; start.Set {
		report("BREEZEWAY_VOLUME_START", outside(start.Percent, c.VolumeMin, c.VolumeMax))
	}
	if n := c.UDPPorts.Len(); n > 0 && n < portsPerSession {
		report("BREEZEWAY_UDP_PORTS", fmt.Sprintf("too few ports: a session needs %d", portsPerSession))
	}
	if c.StateDir != "" && !filepath.IsAbs(c.StateDir) {
		report("BREEZEWAY_STATE_DIR", "does not begin with /")
	}
	return faults
}

// checked asks the checks of other packages.
func checked(checks []Check, values map[string]string) Faults {
	var faults Faults
	for _, c := range checks {
		if values[c.Name] == "" {
			continue
		}
		if err := c.Read(values[c.Name]); err != nil {
			faults = append(faults, variableNamed(c.Name).fault(values, err.Error()))
		}
	}
	return faults
}

// outside says on which side v leaves the range, or "" when it does not.
func outside[T int | time.Duration](v, low, high T) string {
	switch {
	case v < low:
		return fmt.Sprintf("below %v", low)
	case v > high:
		return fmt.Sprintf("above %v", high)
	}
	return ""
}
