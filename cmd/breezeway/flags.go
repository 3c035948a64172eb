package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/daemon"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the command failed, or what it checked is not in order
	exitUsage  = 2 // a wrong variable or command
)

// readConfig reads the environment.
func readConfig() (*config.Config, []config.Warning, error) {
	return config.FromEnvironment(daemon.ConfigChecks()...)
}

// newFlags makes the flags of a command; errors in them are written to errOut.
func newFlags(command string, errOut io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet("breezeway "+command, flag.ContinueOnError)
	flags.SetOutput(errOut)
	return flags
}

// parse reads the arguments of a command. If ok is false the command must end with
// code: help was requested, or an argument is wrong.
func parse(flags *flag.FlagSet, args []string) (code int, ok bool) {
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitOK, false
	case err != nil:
		return exitUsage, false
	case flags.NArg() > 0:
		fmt.Fprintf(flags.Output(), "%s does not take %q\n", flags.Name(), flags.Args())
		return exitUsage, false
	}
	return exitOK, true
}
