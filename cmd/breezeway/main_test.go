package main

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// stagesAtOnce is how many tests run side by side: they mostly wait for the
// sound, which goes by in real time.
const stagesAtOnce = "8"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", stagesAtOnce); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}
