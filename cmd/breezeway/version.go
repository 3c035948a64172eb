package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
)

// release is the version of this source where no tag says another one: the next one,
// as in CHANGELOG.md.
const release = "0.1.0-dev"

// version, revision and created are set by the linker; empty where they are not known,
// as in an image that is built of a plain copy of the source.
var version, revision, created string

func printVersion(_ context.Context, _ []string, out, _ io.Writer) int {
	fmt.Fprintln(out, "breezeway", versionText())
	return exitOK
}

// versionNumber is the version alone.
func versionNumber() string {
	module := ""
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "(devel)" {
		module = info.Main.Version // of `go install`, or of a checkout
	}
	return cmp.Or(version, module, release)
}

// versionText is the version with the revision and date of the build.
func versionText() string { return describeBuild(versionNumber(), revision, created) }

// describeBuild joins what is known of a build, nothing twice: the version of a build
// between two tags names its revision already.
func describeBuild(version, revision, created string) string {
	const shortRevision = 7
	text := version
	if revision != "" && !strings.Contains(version, revision[:min(shortRevision, len(revision))]) {
		text += " " + revision
	}
	if created != "" {
		text += " " + created
	}
	return text
}
