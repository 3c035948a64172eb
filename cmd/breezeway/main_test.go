package main

import (
	"os"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/config"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// What tells the tests how to run is no variable of the program.
	for _, assignment := range os.Environ() {
		if name, _, _ := strings.Cut(assignment, "="); strings.HasPrefix(name, config.Prefix) {
			_ = os.Unsetenv(name) // it was there
		}
	}
	goleak.VerifyTestMain(m)
}
