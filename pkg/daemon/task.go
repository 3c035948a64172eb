package daemon

import (
	"context"
	"fmt"
)

// A task is a part that runs until its context ends.
type task struct {
	name string // as its error shows it
	run  func(context.Context) error
}

func (t task) String() string { return t.name }

// Run runs the part and puts its name before its error.
func (t task) Run(ctx context.Context) error {
	if err := t.run(ctx); err != nil {
		return fmt.Errorf("%v: %w", t, err)
	}
	return nil
}
