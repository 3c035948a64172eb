package e2e_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// simulationsAtOnce is how many tests run side by side: they mostly wait for the
// sound, which goes by in real time.
const simulationsAtOnce = "8"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", simulationsAtOnce); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}
