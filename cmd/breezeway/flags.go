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
	exitFailed = 1 // it ran, and what it was asked to find out is not well
	exitUsage  = 2 // a wrong variable or command
)

// readConfig reads the environment.
func readConfig() (*config.Config, []config.Warning, error) {
	return config.FromEnvironment(daemon.ConfigChecks()...)
}

// newFlags are the flags of a command; what is wrong with them goes to errOut.
func newFlags(command string, errOut io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet("breezeway "+command, flag.ContinueOnError)
	flags.SetOutput(errOut)
	return flags
}

// parse reads the arguments of a command. With ok false the command ends with
// code: help was asked for, or something is wrong.
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
