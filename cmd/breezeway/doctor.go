package main

import (
	"context"
	"fmt"
	"io"

	"github.com/breezeway-audio/breezeway/pkg/daemon"
)

// examine looks for the reasons why speakers are missing or silent, and prints a
// report. It exits 0 when no check failed, else 1.
func examine(ctx context.Context, args []string, out, errOut io.Writer) int {
	flags := newFlags("doctor", errOut)
	asJSON := flags.Bool("json", false, "print the report as JSON")
	if code, ok := parse(flags, args); !ok {
		return code
	}
	c, _, err := readConfig()
	if err != nil {
		fmt.Fprintln(errOut, err)
		return exitUsage
	}
	report, err := daemon.Examine(ctx, c, versionNumber())
	if err != nil {
		fmt.Fprintln(errOut, "breezeway: doctor:", err)
		return exitFailed
	}
	write := report.WriteText
	if *asJSON {
		write = report.WriteJSON
	}
	if err := write(out); err != nil {
		fmt.Fprintln(errOut, "breezeway: doctor:", err)
		return exitFailed
	}
	return report.ExitCode()
}
