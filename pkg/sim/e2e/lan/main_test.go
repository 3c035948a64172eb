//go:build linux

// Package lan_test plays through the real program from end to end, between
// third-party senders and speakers on a virtual LAN (package lab):
//
//	PulseAudio --RAOP--> breezeway --UPnP, HTTP--> gmediarender --> file
//
// and compares what was sent with what was played, sample by sample.
// BREEZEWAY_E2E_SECONDS is the length of each play, 8 unless set. Where many
// plays are needed, beside every holder of a port and through every change of the
// network, sender and speaker are the software ones of package sim.
package lan_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

const (
	program         = "github.com/breezeway-audio/breezeway/cmd/breezeway"
	secondsVariable = "BREEZEWAY_E2E_SECONDS"
	defaultSeconds  = 8
	// maxLANs is how many virtual LANs there are side by side: the tests on
	// them mostly wait.
	maxLANs = "12"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(speakerVariable); name != "" {
		if err := runAsSpeaker(name); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	if err := flag.Set("test.parallel", maxLANs); err != nil {
		panic(err) // the testing package has no such flag any more
	}
	os.Exit(m.Run())
}

// build makes the program, as it is released, and gives its path.
func build(t *testing.T) string {
	t.Helper()
	lab.Need(t)
	binary := filepath.Join(t.TempDir(), "breezeway")
	cmd := exec.Command("go", "build", "-o", binary, program)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	return binary
}

// playLength is how long each play lasts.
func playLength(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv(secondsVariable)
	if text == "" {
		return defaultSeconds * time.Second
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 1 {
		t.Fatalf("%s=%s: want whole seconds", secondsVariable, text)
	}
	return time.Duration(seconds) * time.Second
}
