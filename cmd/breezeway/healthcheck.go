package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

// healthTimeout bounds the question to one port.
const healthTimeout = 2 * time.Second

// healthcheck asks the running program for its health. It exits 0 when one
// answers on a port of the configured range, else 1.
func healthcheck(ctx context.Context, _ []string, out, errOut io.Writer) int {
	c, _, err := config.FromEnvironment(checks()...)
	if err != nil {
		fmt.Fprintln(errOut, err)
		return exitUsage
	}
	var failed error
	for port := int(c.HTTPPort.First); port <= int(c.HTTPPort.Last); port++ {
		h, err := askHealth(ctx, uint16(port))
		if err == nil {
			fmt.Fprintf(out, "healthy: up %d s, %d speakers, %d playing\n", h.Uptime, h.Speakers, h.Playing)
			return exitOK
		}
		failed = errors.Join(failed, err)
	}
	fmt.Fprintln(errOut, "breezeway: not healthy:", failed)
	return exitFailed
}

func askHealth(ctx context.Context, port uint16) (web.Health, error) {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	var h web.Health
	if err := askJSON(ctx, port, web.HealthPath, &h); err != nil {
		return web.Health{}, err
	}
	if h.Service != web.ServiceName {
		return web.Health{}, fmt.Errorf("port %d is answered by another program", port)
	}
	return h, nil
}
