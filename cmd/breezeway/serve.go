package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/config"
)

// gcPercent trades a little processor time for memory: the live heap is a few
// megabytes, and NAS boxes count the rest.
const gcPercent = 50

// serve runs the bridge until a signal ends it.
func serve(ctx context.Context, _ []string, _, errOut io.Writer) int {
	c, warnings, err := config.FromEnvironment(checks()...)
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
	log.Info().Str("version", versionText()).Msg("Breezeway starts")
	d, err := newDaemon(c, site{interfaces: c.Interfaces, examined: true}, log)
	if err != nil {
		log.Error().Err(err).Msg("cannot start")
		return exitFailed
	}
	stopped := context.AfterFunc(ctx, func() {
		log.Info().Msg("Breezeway stops: speakers first, then goodbyes")
		time.AfterFunc(stopWithin, func() {
			log.Error().Dur("after", stopWithin).Msg("a part did not stop in time: ended all the same")
			os.Exit(exitFailed)
		})
	})
	defer stopped()
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return d.Run(running) })
	group.Go(func() error { return fitProcessors(running, d.Snapshot) })
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

// newLogger writes to w as the configuration says.
func newLogger(c *config.Config, w io.Writer) zerolog.Logger {
	zerolog.TimeFieldFormat = time.RFC3339Nano
	level, err := zerolog.ParseLevel(c.LogLevel.String())
	if err != nil {
		level = zerolog.InfoLevel
	}
	text := c.LogFormat == config.LogFormatText || c.LogFormat == config.LogFormatAuto && isTerminal(w)
	if text {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: "15:04:05.000", NoColor: !isTerminal(w)}
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger()
}

// isTerminal reports whether w is a character device, as a terminal is.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
