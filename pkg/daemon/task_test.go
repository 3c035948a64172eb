package daemon

import (
	"context"
	"errors"
	"testing"
)

func TestTaskNamesItsError(t *testing.T) {
	fault := errors.New("no disk")
	err := task{"memory of speakers", func(context.Context) error { return fault }}.Run(t.Context())
	if !errors.Is(err, fault) || err.Error() != "memory of speakers: no disk" {
		t.Errorf("want the error with the task's name, got %v", err)
	}
	if err := (task{"monitor", func(context.Context) error { return nil }}).Run(t.Context()); err != nil {
		t.Errorf("want no error, got %v", err)
	}
}
