package main

import (
	"strings"
	"testing"
)

func TestWrongVariables(t *testing.T) {
	t.Setenv("BREEZEWAY_LATENCY", "soon")
	t.Setenv("BREEZEWAY_CODEC", "ogg")
	t.Setenv("BREEZEWAY_HTTP_PORT", "77777")
	t.Setenv("BREEZEWAY_LATENZ", "1s")
	for _, args := range [][]string{nil, {"serve"}} {
		var out, errOut strings.Builder
		if code := dispatch(t.Context(), args, &out, &errOut); code != exitUsage {
			t.Errorf("%q: want exit code %d, got %d", args, exitUsage, code)
		}
		lines := strings.Split(strings.TrimSpace(errOut.String()), "\n")
		for _, want := range [][]string{
			{"BREEZEWAY_LATENCY", "soon"},
			{"BREEZEWAY_CODEC", "ogg"},
			{"BREEZEWAY_HTTP_PORT", "77777"},
			{"BREEZEWAY_LATENZ", "BREEZEWAY_LATENCY"}, // a warning that names the nearest
		} {
			if n := linesWith(lines, want); n != 1 {
				t.Errorf("%q: want one line with %q, got %d in %q", args, want, n, lines)
			}
		}
		if len(lines) != 4 || out.Len() != 0 {
			t.Errorf("%q: want four lines on standard error alone, got %q and %q", args, lines, out.String())
		}
	}
}

// linesWith counts the lines that hold all of the words.
func linesWith(lines, words []string) int {
	n := 0
	for _, line := range lines {
		all := true
		for _, word := range words {
			all = all && strings.Contains(line, word)
		}
		if all {
			n++
		}
	}
	return n
}
