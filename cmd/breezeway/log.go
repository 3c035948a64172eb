package main

import (
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/config"
)

// newLogger writes to w as the configuration says.
func newLogger(c *config.Config, w io.Writer) zerolog.Logger {
	zerolog.TimeFieldFormat = time.RFC3339Nano
	level, err := zerolog.ParseLevel(c.LogLevel.String())
	if err != nil {
		level = zerolog.InfoLevel
	}
	if c.LogFormat == config.LogFormatText || c.LogFormat == config.LogFormatAuto && isTerminal(w) {
		w = consoleWriter(w)
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger()
}

// consoleWriter writes log lines for people, in colours on a terminal.
func consoleWriter(w io.Writer) zerolog.ConsoleWriter {
	return zerolog.ConsoleWriter{Out: w, TimeFormat: "15:04:05.000", NoColor: !isTerminal(w)}
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
