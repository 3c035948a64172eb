// Package doctor finds out why speakers are not found, or are found but silent, and
// what to do about it. It examines the host from outside, as a user with a shell
// would: interfaces, ports and the programs that hold them, multicast, kernel
// settings, the clock, and for every speaker the route in both directions.
//
// A check is a name and a function; checks form a tree, in which those below a
// failed one are skipped. A result states what was seen, what it means and what to
// do. Package sockets finds the process that has a port, package fingerprint the name
// of the program.
//
// Each kind of check is a small struct with the facts that it needs (network,
// portRanges, kernel, speaker, ...); tree.go puts them together.
//
// Nothing here changes the host or disturbs running programs: ports are only probed
// in the way that package sockets describes, and the only traffic is searches and,
// for each speaker, one description, one SOAP call and one event subscription. A
// Background repeats the checks inside the daemon, which passes in its own data. Left
// out: sound (see `breezeway demo`), and the bridge's own counters.
package doctor

import (
	"context"
	"time"
)

// Run runs all checks. It takes some seconds, longer when speakers do not answer, and
// returns early when ctx ends.
func Run(ctx context.Context, o Options) Report {
	began := time.Now()
	findings := evaluate(ctx, newExam(o, hostProbes()).tree())
	return Report{Began: began, Took: time.Since(began), Findings: findings}
}
