package lab

import (
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stopWithin is how long a program has to end after SIGTERM; then it is killed.
const stopWithin = 5 * time.Second

// shownLines of a program's output are logged when the test fails.
const shownLines = 60

// A Program is what to run on a host.
type Program struct {
	Name string // in messages
	Args []string
	Env  []string // beside PATH, HOME and LANG
	Dir  string   // working directory and HOME; empty: a new one
}

// A Process is a program that runs on a host.
type Process struct {
	name   string
	cmd    *exec.Cmd
	output *transcript
	endC   chan struct{} // closed when it has ended
	ended  error         // valid after endC
}

// Start runs a program. It is stopped when the test ends.
func (h *Host) Start(t testing.TB, p Program) *Process {
	t.Helper()
	dir := p.Dir
	if dir == "" {
		dir = t.TempDir()
	}
	cmd := h.command(dir, p.Args...)
	cmd.Env = append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "HOME=" + dir}, p.Env...)
	said := newTranscript()
	cmd.Stdout, cmd.Stderr = said, said
	process := &Process{name: h.Name + ": " + p.Name, cmd: cmd, output: said, endC: make(chan struct{})}
	if err := h.lan.start(cmd); err != nil {
		t.Fatalf("lab: %s: %v", process.name, err)
	}
	go process.reap()
	t.Cleanup(func() {
		process.Stop()
		if t.Failed() {
			t.Logf("%s (%v) said last:\n%s", process.name, process.cmd.ProcessState, process.output.tail(shownLines))
		}
	})
	return process
}

func (p *Process) reap() {
	p.ended = p.cmd.Wait()
	p.output.close()
	close(p.endC)
}

// PID is the program's, as /proc of the machine shows it.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Terminate sends SIGTERM.
func (p *Process) Terminate() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
}

// Kill ends the program as a power cut does: it says nothing to anybody.
func (p *Process) Kill() {
	_ = syscall.Kill(-p.PID(), syscall.SIGKILL) // it may have ended
	<-p.endC
}

// Stop ends the program. It may be called twice.
func (p *Process) Stop() {
	p.Terminate()
	select {
	case <-p.endC:
	case <-time.After(stopWithin):
		_ = syscall.Kill(-p.PID(), syscall.SIGKILL) // its group: also what it started
		<-p.endC
	}
}

// Wait waits for the program's end and gives its exit code; -1 means a signal
// ended it.
func (p *Process) Wait(t testing.TB, within time.Duration) int {
	t.Helper()
	select {
	case <-p.endC:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(within):
		t.Fatalf("lab: %s runs on after %v", p.name, within)
		return 0
	}
}

// Ended reports whether the program has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.endC:
		return true
	default:
		return false
	}
}

// WaitLine waits for a line of the output that matches pattern and gives the
// match and its groups.
func (p *Process) WaitLine(t testing.TB, pattern string, within time.Duration) []string {
	t.Helper()
	match := p.output.wait(regexp.MustCompile("(?m)"+pattern), within)
	if match != nil {
		return match
	}
	if p.Ended() {
		t.Fatalf("lab: %s ended (%v) and did not say %q", p.name, p.cmd.ProcessState, pattern)
	}
	t.Fatalf("lab: %s did not say %q within %v", p.name, pattern, within)
	return nil
}

// Lines gives what the program has said so far.
func (p *Process) Lines() []string {
	return strings.Split(p.output.text(), "\n")
}
