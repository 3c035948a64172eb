// Package monitor watches the bridge's Snapshot for problems: which condition holds,
// since when, and what to do about it. The log has a line when a condition is raised
// and when it is cleared; readiness and the status page show the list.
//
// The conditions are found by one pure function, Assess. Nothing is probed here: what
// is not in the Snapshot is checked by the doctor, whose findings are added to the
// list. Left out: notifications.
package monitor

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

// assessEvery is the time between two assessments.
const assessEvery = 2 * time.Second

// Options of a Monitor. Snapshot is needed.
type Options struct {
	Snapshot func() fleet.Snapshot
	// Holder names the program that has a port; may be nil. It is called once,
	// when a condition is raised.
	Holder func(p ports.Protocol, port uint16) string
	// Findings are the doctor's, of CodeDoctorFinding, already logged; may be nil.
	Findings func() []Condition
	// OnRaised is called once for each condition, when it is raised; may be nil.
	// It must not block.
	OnRaised func(Condition)
	Log      zerolog.Logger
}

// A Monitor assesses the Snapshot again and again.
type Monitor struct {
	options Options

	mu     sync.Mutex // guards raised
	raised []Condition
}

// New makes a Monitor; nothing runs yet.
func New(options Options) *Monitor { return &Monitor{options: options} }

// Conditions are those that hold now, the blocking ones first.
func (m *Monitor) Conditions() []Condition {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.raised)
}

// Run assesses until ctx ends.
func (m *Monitor) Run(ctx context.Context) error {
	ticker := time.NewTicker(assessEvery)
	defer ticker.Stop()
	var state State
	for {
		state = m.step(state, time.Now())
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// step assesses once, logs what changed and publishes the outcome.
func (m *Monitor) step(state State, now time.Time) State {
	before := m.Conditions()
	var findings []Condition
	if m.options.Findings != nil {
		findings = m.options.Findings()
	}
	state = Assess(state, m.options.Snapshot(), findings, now)
	raised := state.Raised(now)
	for i, c := range raised {
		if slices.ContainsFunc(before, c.sameAs) {
			continue
		}
		raised[i] = m.identify(c)
		state.keepHolder(raised[i])
		m.logRaised(raised[i])
		if m.options.OnRaised != nil {
			m.options.OnRaised(raised[i])
		}
	}
	for _, c := range before {
		if !slices.ContainsFunc(raised, c.sameAs) {
			m.logCleared(c, now)
		}
	}
	m.mu.Lock()
	m.raised = raised
	m.mu.Unlock()
	return state
}

// identify names the holder of the port that a condition is about.
func (m *Monitor) identify(c Condition) Condition {
	if c.port != 0 && m.options.Holder != nil {
		c.Holder = m.options.Holder(c.protocol, c.port)
	}
	return c
}

// logRaised leaves out findings: the doctor has logged them.
func (m *Monitor) logRaised(c Condition) {
	if c.Code == CodeDoctorFinding {
		return
	}
	line := m.options.Log.Warn().Stringer("condition", c.Code).Stringer("severity", c.Code.Severity()).
		Str("title", c.Code.Title()).Str("subject", c.Subject).Str("seen", c.Seen).Str("do", c.Do)
	if c.Holder != "" {
		line = line.Str("holder", c.Holder)
	}
	line.Msg("condition raised")
}

func (m *Monitor) logCleared(c Condition, now time.Time) {
	if c.Code == CodeDoctorFinding {
		return
	}
	m.options.Log.Info().Stringer("condition", c.Code).Str("subject", c.Subject).
		Dur("lasted", c.Age(now)).Msg("condition cleared")
}
