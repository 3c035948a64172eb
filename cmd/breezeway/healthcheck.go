package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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
		h, err := askHealth(ctx, port)
		if err == nil {
			fmt.Fprintf(out, "healthy: up %d s, %d speakers, %d playing\n", h.Uptime, h.Speakers, h.Playing)
			return exitOK
		}
		failed = errors.Join(failed, err)
	}
	fmt.Fprintln(errOut, "breezeway: not healthy:", failed)
	return exitFailed
}

func askHealth(ctx context.Context, port int) (web.Health, error) {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	url := fmt.Sprintf("http://127.0.0.1:%d%s", port, web.HealthPath)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return web.Health{}, err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy for loopback
	answer, err := client.Do(request)
	if err != nil {
		return web.Health{}, err
	}
	defer func() { _ = answer.Body.Close() }() // read only
	var h web.Health
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<16)).Decode(&h); err != nil {
		return web.Health{}, fmt.Errorf("port %d: %w", port, err)
	}
	if answer.StatusCode != http.StatusOK || h.Service != web.ServiceName {
		return web.Health{}, fmt.Errorf("port %d is answered by another program", port)
	}
	return h, nil
}
