package main

import (
	"context"
	"fmt"
	"io"

	"github.com/rs/zerolog"

	simulated "github.com/breezeway-audio/breezeway/pkg/sim/demo"
)

// demo plays a piece of music through the real bridge and reports whether the
// speaker got exactly what was sent. It exits 0 if it did, else 1.
func demo(ctx context.Context, _ []string, out, errOut io.Writer) int {
	log := zerolog.New(consoleWriter(errOut)).Level(zerolog.WarnLevel).With().Timestamp().Logger()
	exact, err := simulated.Run(ctx, out, log)
	if err != nil {
		fmt.Fprintln(errOut, "breezeway: demo:", err)
		return exitFailed
	}
	if !exact {
		return exitFailed
	}
	return exitOK
}
