// Command breezeway makes every UPnP/DLNA speaker on the network an AirPlay
// speaker. It is set up by environment variables alone; `breezeway help` lists
// them. This package has the commands, their flags and exit codes; package daemon
// assembles what they run.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/breezeway-audio/breezeway/pkg/capability"
	"github.com/breezeway-audio/breezeway/pkg/config"
)

// A command is the first word on the command line.
type command struct {
	name string
	args string // arguments, as help shows them; "": none
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
	if _, err := capability.RaiseNetRaw(); err != nil {
		fmt.Fprintln(os.Stderr, "breezeway: raw sockets are not used:", err)
	}
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
