package conn

import (
	"context"
	"fmt"
)

// A Turn is held by one of several goroutines at a time, as a mutex whose wait
// can be given up.
type Turn chan struct{}

// NewTurn makes a Turn that nobody holds.
func NewTurn() Turn { return make(Turn, 1) }

// Take waits for the turn; the error is that of ctx.
func (t Turn) Take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("renderer: wait for a turn: %w", ctx.Err())
	}
}

// Release gives the turn to the next.
func (t Turn) Release() { <-t }
