package main

import (
	"context"
	"fmt"
	"io"

	"github.com/breezeway-audio/breezeway/pkg/doctor/instance"
)

// healthcheck asks the running Breezeway for its health. It exits 0 when one answers
// on a port of the configured range, else 1.
func healthcheck(ctx context.Context, _ []string, out, errOut io.Writer) int {
	c, _, err := readConfig()
	if err != nil {
		fmt.Fprintln(errOut, err)
		return exitUsage
	}
	h, err := instance.Health(ctx, c.HTTPPort)
	if err != nil {
		fmt.Fprintln(errOut, "breezeway: not healthy:", err)
		return exitFailed
	}
	fmt.Fprintf(out, "healthy: up %d s, %d speakers, %d playing\n", h.Uptime, h.Speakers, h.Playing)
	return exitOK
}
