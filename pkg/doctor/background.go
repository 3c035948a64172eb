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
	// firstAfter is when a Background looks first: the speakers are found by then.
	firstAfter = 15 * time.Second
	// pauseUnasked lies between two looks that nobody asked for, pauseAsked
	// between two that somebody did.
	pauseUnasked = 10 * time.Minute
	pauseAsked   = 10 * time.Second
)

// BackgroundOptions of a Background. Examine is needed.
type BackgroundOptions struct {
	Examine func(context.Context) Report // Run, with what the bridge lends
	Log     zerolog.Logger
}

// A Background is the doctor inside the running bridge. It looks some seconds after
// the start, again when something went wrong (Alarm) and while something is found
// failed, in both cases ten minutes after the last time at the earliest, and when
// somebody asks (Examine). What is found is logged once when it comes and once
// when it went, but for what the bridge notices and logs by itself.
type Background struct {
	options BackgroundOptions
	alarmC  chan struct{} // capacity 1
	askedC  chan struct{} // capacity 1

	mu      sync.Mutex // guards below
	report  Report
	ended   time.Time // of the last look; zero: there was none
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

// Alarm says that something went wrong that may be worth a look. It does not block.
func (r *Background) Alarm() { leave(r.alarmC) }

// Examine asks for a look now. It does not block; Report has the outcome later.
func (r *Background) Examine() { leave(r.askedC) }

// leave leaves a signal in a channel of capacity 1.
func leave(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
		// One is there already
	}
}

// Report is what the last look found; zero before the first.
func (r *Background) Report() Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.report
}

// WriteJSON writes {"running": bool, "report": as Report.WriteJSON, or null}.
func (r *Background) WriteJSON(w io.Writer) error {
	var shown struct {
		Running bool      `json:"running"`
		Report  *document `json:"report"`
	}
	r.mu.Lock()
	shown.Running = r.running
	if !r.ended.IsZero() {
		report := r.report.document()
		shown.Report = &report
	}
	r.mu.Unlock()
	if err := json.NewEncoder(w).Encode(shown); err != nil {
		return fmt.Errorf("doctor: write state: %w", err)
	}
	return nil
}

// Run looks as described above until ctx ends.
func (r *Background) Run(ctx context.Context) error {
	began := time.Now()
	timer := time.NewTimer(firstAfter)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-r.alarmC:
			if !r.ended.IsZero() { // else the first look is near
				timer.Reset(r.rest(pauseUnasked))
			}
			continue
		case <-r.askedC:
			if rest := r.rest(pauseAsked); rest > 0 {
				timer.Reset(rest)
				continue
			}
		}
		timer.Stop()
		r.look(ctx)
		switch early := firstAfter - time.Since(began); {
		case early > 0:
			timer.Reset(early) // somebody could not wait
		case r.report.Worst() == Failed:
			timer.Reset(pauseUnasked)
		}
	}
}

// rest is what is left of a pause after the last look.
func (r *Background) rest(pause time.Duration) time.Duration {
	return max(0, pause-time.Since(r.ended))
}

// look examines once.
func (r *Background) look(ctx context.Context) {
	r.set(func() { r.running = true })
	report := r.options.Examine(ctx)
	if ctx.Err() != nil {
		return // cut short: it says nothing
	}
	before := r.report.Troubles()
	r.set(func() { r.report, r.ended, r.running = report, time.Now(), false })
	r.tell(before, report)
}

// set changes what others read. The goroutine of Run alone writes, so that it
// reads without the lock.
func (r *Background) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// tell logs what is new and what went.
func (r *Background) tell(before []Trouble, report Report) {
	now := report.Troubles()
	for _, t := range now {
		if !t.in(before) && !t.Watched {
			r.options.Log.Warn().Str("check", t.Check).Stringer("status", t.Status).Str("seen", t.Seen).
				Str("means", t.Means).Str("do", t.Steps()).Msg("the doctor found something wrong")
		}
	}
	for _, t := range before {
		if !t.in(now) && !t.Watched {
			r.options.Log.Info().Str("check", t.Check).Msg("the doctor finds it well again")
		}
	}
	r.options.Log.Info().Int("failed", count(report.Findings, Failed)).Int("warnings", count(report.Findings, Warning)).
		Int("notes", count(report.Findings, Note)).Dur("took", report.Took.Round(time.Millisecond)).Msg("the doctor has looked")
}
