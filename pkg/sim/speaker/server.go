package speaker

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

const (
	descriptionPath = "/description.xml"
	headTimeout     = 10 * time.Second // for a control point to send its request's head
	shutdownTimeout = time.Second      // for requests under way when the speaker stops
)

func (s *Speaker) server(events *device.Eventing) (*http.Server, error) {
	description, err := describe(s.options, s.services)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+descriptionPath, serveXML(description))
	for _, service := range s.services {
		mux.HandleFunc("GET "+service.path("scpd.xml"), serveXML(service.scpd))
		mux.HandleFunc("POST "+service.path("control"), service.serveControl)
		events.Handle(mux, service.path("event"), service.events)
	}
	return &http.Server{Handler: mux, ReadHeaderTimeout: headTimeout, ReadTimeout: headTimeout}, nil
}

func serveXML(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", device.ContentType)
		w.Header().Set("Server", serverName)
		_, _ = w.Write(body) // a reader that is gone needs no answer
	}
}

// serve serves until ctx ends, and then waits shortly for requests under way.
func serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	var g errgroup.Group
	done := make(chan struct{})
	g.Go(func() error {
		select {
		case <-ctx.Done():
		case <-done:
		}
		grace, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		if err := server.Shutdown(grace); err != nil {
			return server.Close()
		}
		return nil
	})
	err := server.Serve(listener)
	close(done)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, g.Wait())
}
