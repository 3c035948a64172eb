package config

import (
	"fmt"
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
	report("BREEZEWAY_GRACE", outside(c.Grace, 0, maxGrace))
	if n := c.UDPPorts.Len(); n > 0 && n < portsPerSession {
		report("BREEZEWAY_UDP_PORTS", fmt.Sprintf("too few ports: a session needs %d", portsPerSession))
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
