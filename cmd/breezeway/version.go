package main

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
)

// version, revision and created are set by the linker for releases.
var version, revision, created = "dev", "", ""

func printVersion(_ context.Context, _ []string, out, _ io.Writer) int {
	fmt.Fprintln(out, "breezeway", versionText())
	return exitOK
}

// versionText is the version with the revision and date of the build.
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
