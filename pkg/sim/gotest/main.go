// Command gotest runs `go test` as its arguments say, prints what that prints, and at
// the end which tests were skipped, and why. "--" separates the arguments of several runs;
// after a failed run there are no more:
//
//	gotest -race ./pkg/... -- -count=1 -p 1 ./pkg/sim/e2e
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
)

func main() {
	r := newReport(os.Stdout)
	code := runAll(r, os.Args[1:])
	r.writeSkips()
	if code != 0 {
		fmt.Println("FAIL")
	}
	os.Exit(code)
}

// runAll makes one run after the other and returns the exit code of the last.
func runAll(r *report, args []string) int {
	for {
		end := slices.Index(args, "--")
		if end < 0 {
			return run(r, args)
		}
		if code := run(r, args[:end]); code != 0 {
			return code
		}
		args = args[end+1:]
	}
}

// run is one run of go test.
func run(r *report, args []string) int {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		return 1
	}
	if err := r.read(events); err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		_, _ = io.Copy(io.Discard, events) // so that it can end
	}
	var exit *exec.ExitError
	switch err := cmd.Wait(); {
	case errors.As(err, &exit):
		return max(1, exit.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, "gotest:", err)
		return 1
	}
	return 0
}
