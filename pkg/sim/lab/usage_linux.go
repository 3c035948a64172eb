package lab

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

// Usage is what a process takes of the machine.
type Usage struct {
	At  time.Time
	CPU time.Duration // since its start, user and system
	RSS int           // resident memory in bytes
	Max int           // the most it ever was
}

// CPUPerMinute is the processor time a minute since earlier.
func (u Usage) CPUPerMinute(earlier Usage) time.Duration {
	passed := u.At.Sub(earlier.At)
	return time.Duration(float64(u.CPU-earlier.CPU) * float64(time.Minute) / float64(passed))
}

// Usage reads what the process takes now.
func (p *Process) Usage(t testing.TB) Usage {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	if err != nil {
		t.Fatal("lab:", err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		t.Fatal("lab:", err)
	}
	u, err := parseUsage(stat, status)
	if err != nil {
		t.Fatalf("lab: %s: %v", p.name, err)
	}
	u.At = time.Now()
	return u
}

// tick is the unit of times in /proc: USER_HZ, 100 on every architecture of ours.
const tick = 10 * time.Millisecond

// parseUsage reads /proc/PID/stat and /proc/PID/status, proc(5).
func parseUsage(stat, status []byte) (Usage, error) {
	// After the name, which may hold anything, the state is field 0.
	const userTicks, systemTicks = 11, 12
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) <= systemTicks {
		return Usage{}, fmt.Errorf("stat has %d fields after the name", len(fields))
	}
	var u Usage
	for _, field := range []int{userTicks, systemTicks} {
		n, err := strconv.ParseInt(string(fields[field]), 10, 64)
		if err != nil {
			return Usage{}, fmt.Errorf("stat: %w", err)
		}
		u.CPU += time.Duration(n) * tick
	}
	var err error
	if u.RSS, err = kibibytes(status, "VmRSS:"); err != nil {
		return Usage{}, err
	}
	u.Max, err = kibibytes(status, "VmHWM:")
	return u, err
}

// kibibytes gives a value of /proc/PID/status in bytes.
func kibibytes(status []byte, key string) (int, error) {
	for line := range bytes.Lines(status) {
		if fields := bytes.Fields(line); len(fields) == 3 && string(fields[0]) == key {
			n, err := strconv.Atoi(string(fields[1]))
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("status has no %s", key)
}
