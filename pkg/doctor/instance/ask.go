package instance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/settings"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

const (
	// healthTimeout bounds the request to one port.
	healthTimeout = 2 * time.Second
	// maxAnswerBytes bounds an answer: the status of a house full of speakers has a
	// tenth of that.
	maxAnswerBytes = 4 << 20
)

// Health requests the health of the instance from the ports of a range, one after
// another. The error states for each port what was found instead.
func Health(ctx context.Context, within settings.PortRange) (web.Health, error) {
	var failed error
	for port := int(within.First); port <= int(within.Last); port++ {
		h, err := askHealth(ctx, uint16(port))
		if err == nil {
			return h, nil
		}
		failed = errors.Join(failed, err)
	}
	return web.Health{}, failed
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

// askJSON fetches a document from a port of this host.
func askJSON(ctx context.Context, port uint16, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy for loopback
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // a failure has no consequence
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("port %d: %s", port, answer.Status)
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxAnswerBytes)).Decode(into); err != nil {
		return fmt.Errorf("port %d: %w", port, err)
	}
	return nil
}
