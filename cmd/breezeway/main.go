// Command breezeway makes every UPnP/DLNA speaker on the network an AirPlay
// speaker. It is set up by environment variables alone; `breezeway help` lists
// them. This package only wires the parts together.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"

	"github.com/breezeway-audio/breezeway/pkg/config"
)

// version, revision and created are set by the linker for releases.
var version, revision, created = "dev", "", ""

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it ran, and what it was asked to find out is not well
	exitUsage  = 2 // a wrong variable or command
)

// A command is the first word on the command line.
type command struct {
	name string
	args string // what may follow, as help shows it; "": nothing
	doc  string
	run  func(ctx context.Context, args []string, out, errOut io.Writer) int
}

// commands lists what help prints; the first runs when no word is given.
func commands() []command {
	return []command{
		{"serve", "", "find the speakers and serve AirPlay senders (default)", serve},
		{"doctor", "[--json]", "look for what keeps speakers away, and say what to do", examine},
		{"ports", "[--format text|markdown|json]", "print all ports, who has them now, and lines for firewalls", listPorts},
		{"demo", "", "play a test through the real bridge, on loopback only", demo},
		{"healthcheck", "", "ask the running program for its health; for HEALTHCHECK", healthcheck},
		{"version", "", "print the version", printVersion},
		{"help", "", "print this and all variables", printHelp},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	code := dispatch(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func dispatch(ctx context.Context, args []string, out, errOut io.Writer) int {
	all := commands()
	if len(args) == 0 {
		return all[0].run(ctx, nil, out, errOut)
	}
	i := slices.IndexFunc(all, func(c command) bool { return args[0] == c.name || args[0] == "--"+c.name })
	switch {
	case i < 0:
		fmt.Fprintf(errOut, "breezeway: unknown command %q; `breezeway help` lists the commands\n", args)
		return exitUsage
	case len(args) > 1 && all[i].args == "":
		fmt.Fprintf(errOut, "breezeway: %s takes no arguments\n", all[i].name)
		return exitUsage
	}
	return all[i].run(ctx, args[1:], out, errOut)
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

func printVersion(_ context.Context, _ []string, out, _ io.Writer) int {
	fmt.Fprintln(out, "breezeway", versionText())
	return exitOK
}

// versionText is the version with what else is known of the build.
func versionText() string {
	text := version
	if info, ok := debug.ReadBuildInfo(); ok && version == "dev" && info.Main.Version != "" && info.Main.Version != "(devel)" {
		text = info.Main.Version
	}
	for _, more := range []string{revision, created} {
		if more != "" {
			text += " " + more
		}
	}
	return text
}

func printHelp(_ context.Context, _ []string, out, errOut io.Writer) int {
	fmt.Fprint(out, "breezeway: UPnP/DLNA speakers as AirPlay speakers\n\nCommands:\n")
	for _, c := range commands() {
		if c.args != "" {
			c.doc += "; " + c.args
		}
		fmt.Fprintf(out, "  %-12s %s\n", c.name, c.doc)
	}
	fmt.Fprint(out, "\nVariables:\n")
	if err := config.WriteText(out); err != nil {
		fmt.Fprintln(errOut, "breezeway:", err)
		return exitFailed
	}
	return exitOK
}
