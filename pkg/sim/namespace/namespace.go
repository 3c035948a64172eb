// Package namespace gives a test a network of its own: the test runs again in a
// process with a Linux network namespace (network_namespaces(7)), lays cables
// (veth(4)) there, and has other hosts at the far ends of them. Where no
// namespace can be made, the test is skipped with the reason (see Unavailable).
//
// It configures interfaces and nothing more: no routes, no filters, no programs.
// A whole LAN with programs on its hosts is package lab. Only tests import it,
// and those that do are for Linux.
package namespace

import (
	"os"
	"testing"
)

// requireVariable set to "require" makes a test that cannot have what it needs a
// failure. Continuous integration sets it: there a skipped test must not count as passed.
const requireVariable = "BREEZEWAY_LAB"

// Unavailable ends a test that cannot have its network, or a program or right
// that the network's tests have: it is skipped for the reason given, or where
// BREEZEWAY_LAB=require is set, it fails.
func Unavailable(t testing.TB, why string) {
	t.Helper()
	if os.Getenv(requireVariable) == "require" {
		t.Fatalf("%s=require, but: %s", requireVariable, why)
	}
	t.Skip(why)
}
