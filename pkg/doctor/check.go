package doctor

import (
	"context"
	"encoding"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// Status is the outcome of a check, in order of severity.
type Status uint8

const (
	Skipped Status = iota // not checked; Seen is the reason
	OK
	Note    // not as it should be, but harmless
	Warning // something may not work
	Failed  // something does not work
)

var statusNames = [...]string{"skipped", "ok", "note", "warning", "failed"}

func (s Status) String() string { return statusNames[s] }

var _ encoding.TextMarshaler = Status(0)

// MarshalText is the name.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Step is one thing to do.
type Step struct {
	Text  string `json:"text"`
	Paste string `json:"paste,omitempty"` // for a shell or a settings file; may have several lines
}

// A Result is what a check found out.
type Result struct {
	Status Status `json:"status"`
	Seen   string `json:"seen"`
	Means  string `json:"means,omitempty"` // empty if Seen is clear by itself
	Do     []Step `json:"do,omitempty"`
}

// A Check is a name and a function.
type Check struct {
	Name string
	Run  func(context.Context) Result
	// Watched: the monitor of a running daemon notices the same problem by itself.
	Watched bool
	// Then returns the checks below this one, and is called after Run. They are
	// skipped when Run failed. May be nil.
	Then func() []Check
}

// A Finding is a check with its result.
type Finding struct {
	Name string `json:"name"`
	Result
	Below   []Finding `json:"checks,omitempty"`
	Watched bool      `json:"-"` // as in Check
}

const (
	// checkTimeout bounds one check; those that wait for speakers take longest.
	checkTimeout = 15 * time.Second
	// checksAtOnce bounds how many siblings run side by side.
	checksAtOnce = 8
)

// evaluate runs checks concurrently and returns the findings in the checks' order.
func evaluate(ctx context.Context, checks []Check) []Finding {
	findings := make([]Finding, len(checks))
	var g errgroup.Group
	g.SetLimit(checksAtOnce)
	for i, c := range checks {
		g.Go(func() error {
			findings[i] = c.evaluate(ctx)
			return nil
		})
	}
	_ = g.Wait() // none returns an error
	return findings
}

func (c Check) evaluate(ctx context.Context) Finding {
	if ctx.Err() != nil {
		return c.skipped("there was no time left")
	}
	f := Finding{Name: oneLine(c.Name), Result: c.run(ctx).clean(), Watched: c.Watched}
	if c.Then == nil {
		return f
	}
	if f.Status != Failed {
		f.Below = evaluate(ctx, c.Then())
		return f
	}
	for _, below := range c.Then() {
		f.Below = append(f.Below, below.skipped(fmt.Sprintf("%q failed", f.Name)))
	}
	return f
}

func (c Check) run(ctx context.Context) Result {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	return c.Run(ctx)
}

// skipped is the finding for a check that is not run, with those below it.
func (c Check) skipped(reason string) Finding {
	f := Finding{Name: oneLine(c.Name), Result: skip("not checked: " + reason)}
	if c.Then == nil {
		return f
	}
	for _, below := range c.Then() {
		f.Below = append(f.Below, below.skipped(reason))
	}
	return f
}

func skip(why string) Result { return Result{Status: Skipped, Seen: why} }

func fine(seen string) Result { return Result{Status: OK, Seen: seen} }
