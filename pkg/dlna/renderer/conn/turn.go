package conn

import (
	"context"
	"fmt"
)

// A Turn is a mutex whose Lock can be cancelled.
type Turn chan struct{}

// NewTurn makes a Turn that is free.
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

// Release frees the turn for the next goroutine.
func (t Turn) Release() { <-t }
