package doctor

import (
	"context"
	"fmt"
	"time"
)

const (
	clockSpan = time.Second
	// maxClockStep is how far the wall clock may move against the monotonic one
	// within clockSpan. Time services slew by at most half a millisecond per second.
	maxClockStep = 20 * time.Millisecond
)

// earliest is before any build of this program: a clock that shows an earlier time
// was never set.
var earliest = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)

// A reading is both clocks at one moment.
type reading struct {
	steady time.Time // only differences count
	wall   time.Time
}

func readClocks() reading {
	now := time.Now()
	return reading{steady: now, wall: now.Round(0)} // Round drops the monotonic reading
}

// checkClock compares the wall clock with the monotonic one, which times the sound.
func checkClock(ctx context.Context, read func() reading) Result {
	began := read()
	pause := time.NewTimer(clockSpan)
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return skip("there was no time left")
	case <-pause.C:
		return judgeClock(began, read())
	}
}

// judgeClock assesses two readings, clockSpan apart.
func judgeClock(began, ended reading) Result {
	steady := ended.steady.Sub(began.steady)
	step := ended.wall.Sub(began.wall) - steady
	seen := fmt.Sprintf("%s; the wall clock moved by %v against the steady one", ended.wall.UTC().Format(time.RFC3339), step.Round(time.Microsecond))
	switch {
	case step > maxClockStep || step < -maxClockStep:
		return Result{
			Status: Warning,
			Seen:   seen,
			Means:  "Something sets the clock in steps. Sound is not affected, since it is timed by the monotonic clock; times in logs and on other devices do not agree.",
			Do:     []Step{{Text: "Let only one time service set the clock (chrony, systemd-timesyncd, or the hypervisor's)."}},
		}
	case steady > 2*clockSpan:
		return Result{
			Status: Warning,
			Seen:   fmt.Sprintf("a wait of %[2]v took %[1]v", steady.Round(time.Millisecond), clockSpan),
			Means:  "This host is overloaded, or a virtual machine that gets too little processor time: sound will have gaps.",
			Do:     []Step{{Text: "See which program uses the processor:", Paste: "top -o %CPU"}},
		}
	case ended.wall.Before(earliest):
		return Result{
			Status: Note,
			Seen:   seen,
			Means:  "The clock was never set. Sound is not affected, but times in the log are wrong.",
			Do:     []Step{{Text: "Switch a time service on:", Paste: "sudo timedatectl set-ntp true"}},
		}
	}
	return fine(seen)
}
