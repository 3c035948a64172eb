package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/daemon"
)

const (
	// gcPercent trades a little processor time for memory: the live heap is a few
	// megabytes, and NAS boxes count the rest.
	gcPercent = 50
	// stopWithin bounds a stop: after it the process ends whatever hangs. Docker
	// kills after 10 s.
	stopWithin = 4500 * time.Millisecond
)

// serve runs the bridge until a signal ends it.
func serve(ctx context.Context, _ []string, _, errOut io.Writer) int {
	c, warnings, err := readConfig()
	if err != nil {
		for _, w := range warnings {
			fmt.Fprintln(errOut, "breezeway:", w)
		}
		fmt.Fprintln(errOut, err)
		return exitUsage
	}
	log := newLogger(c, errOut)
	for _, w := range warnings {
		log.Warn().Msg(w.String())
	}
	tuneMemory()
	log.Info().Str("version", versionText()).Msg("Breezeway is starting")
	d, err := daemon.New(c, daemon.Options{Version: versionNumber(), Build: versionText(), Doctor: true, Log: log})
	if err != nil {
		log.Error().Err(err).Msg("cannot start")
		return exitFailed
	}
	stopped := context.AfterFunc(ctx, func() {
		log.Info().Msg("Breezeway stops: it stops the speakers and tells the network that they go")
		time.AfterFunc(stopWithin, func() {
			log.Error().Dur("after", stopWithin).Msg("stopping took too long: Breezeway ends without finishing it")
			os.Exit(exitFailed)
		})
	})
	defer stopped()
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return d.Run(running) })
	group.Go(func() error { return d.FitProcessors(running) })
	if err := group.Wait(); err != nil {
		log.Error().Err(err).Msg("Breezeway failed")
		return exitFailed
	}
	log.Info().Msg("Breezeway stopped")
	return exitOK
}

// tuneMemory sets gcPercent, unless GOGC said something else to the runtime.
func tuneMemory() {
	if said := debug.SetGCPercent(gcPercent); said != 100 {
		debug.SetGCPercent(said)
	}
}
