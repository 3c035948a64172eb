package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

const (
	// firstAfter is when the checks run first after the start: the speakers are
	// found by then.
	firstAfter = 15 * time.Second
	// pauseAutomatic lies between two runs that nobody asked for, pauseAsked between
	// two that a user asked for.
	pauseAutomatic = 10 * time.Minute
	pauseAsked     = 10 * time.Second
)

// BackgroundOptions of a Background. Examine is needed.
type BackgroundOptions struct {
	Examine func(context.Context) Report // Run, with the options of the daemon
	Log     zerolog.Logger
}

// A Background is the doctor inside the daemon. The checks run some seconds after
// the start, again when something went wrong (Alarm) or while a check fails, in both
// cases at least ten minutes after the last run, and when a user asks for it
// (Examine). A finding is logged once when it appears and once when it is resolved,
// except what the monitor notices and logs itself.
type Background struct {
	options BackgroundOptions
	alarmC  chan struct{} // capacity 1
	askedC  chan struct{} // capacity 1

	mu      sync.Mutex // guards below
	report  Report
	ended   time.Time // of the last run; zero: there was none
	running bool
}

// NewBackground makes a Background; nothing runs yet.
func NewBackground(options BackgroundOptions) *Background {
	return &Background{
		options: options,
		alarmC:  make(chan struct{}, 1),
		askedC:  make(chan struct{}, 1),
	}
}

// Alarm requests a run because something went wrong: the checks may find the reason.
// It does not block.
func (b *Background) Alarm() { signal(b.alarmC) }

// Examine asks for a run now. It does not block; Report has the outcome later.
func (b *Background) Examine() { signal(b.askedC) }

// signal puts a signal into a channel of capacity 1.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
		// One is pending already
	}
}

// Report is the outcome of the last run; zero before the first.
func (b *Background) Report() Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.report
}

// WriteJSON writes {"running": bool, "report": as Report.WriteJSON, or null}.
func (b *Background) WriteJSON(w io.Writer) error {
	var shown struct {
		Running bool      `json:"running"`
		Report  *document `json:"report"`
	}
	b.mu.Lock()
	shown.Running = b.running
	if !b.ended.IsZero() {
		report := b.report.document()
		shown.Report = &report
	}
	b.mu.Unlock()
	if err := json.NewEncoder(w).Encode(shown); err != nil {
		return fmt.Errorf("doctor: write state: %w", err)
	}
	return nil
}

// Run works as described above until ctx ends.
func (b *Background) Run(ctx context.Context) error {
	began := time.Now()
	timer := time.NewTimer(firstAfter)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-b.alarmC:
			if !b.ended.IsZero() { // else the first run is near
				timer.Reset(b.rest(pauseAutomatic))
			}
			continue
		case <-b.askedC:
			if rest := b.rest(pauseAsked); rest > 0 {
				timer.Reset(rest)
				continue
			}
		}
		timer.Stop()
		b.examine(ctx)
		switch early := firstAfter - time.Since(began); {
		case early > 0:
			timer.Reset(early) // a user asked before the first run
		case b.report.Worst() == Failed:
			timer.Reset(pauseAutomatic)
		}
	}
}

// rest is the remaining part of a pause after the last run.
func (b *Background) rest(pause time.Duration) time.Duration {
	return max(0, pause-time.Since(b.ended))
}

// examine runs the checks once.
func (b *Background) examine(ctx context.Context) {
	b.set(func() { b.running = true })
	report := b.options.Examine(ctx)
	if ctx.Err() != nil {
		return // cut short: the report is incomplete
	}
	before := b.report.Troubles()
	b.set(func() { b.report, b.ended, b.running = report, time.Now(), false })
	b.log(before, report)
}

// set changes the fields that other goroutines read. Only the goroutine of Run writes
// them, so it may read them without the lock.
func (b *Background) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

// log logs the troubles that are new and those that are resolved.
func (b *Background) log(before []Trouble, report Report) {
	now := report.Troubles()
	for _, t := range now {
		if !t.in(before) && !t.Watched {
			b.options.Log.Warn().Str("check", t.Check).Stringer("status", t.Status).Str("seen", t.Seen).
				Str("means", t.Means).Str("do", t.Steps()).Msg("the doctor found a problem")
		}
	}
	for _, t := range before {
		if !t.in(now) && !t.Watched {
			b.options.Log.Info().Str("check", t.Check).Msg("problem resolved")
		}
	}
	b.options.Log.Info().Int("failed", count(report.Findings, Failed)).Int("warnings", count(report.Findings, Warning)).
		Int("notes", count(report.Findings, Note)).Dur("took", report.Took.Round(time.Millisecond)).Msg("the doctor has run its checks")
}
