// Package doctor finds out why speakers are not found, or found and silent, and
// says what to do about it. It looks at the host from outside, as a user with a
// shell would: interfaces, ports and who has them, multicast, kernel settings,
// the clock, and every speaker with the way there and back.
//
// A check is a name and a function; checks form a tree, in which those below a
// failed one are not made. A result says what was seen, what it means and what to
// do. Package sockets gathers who has a port, package fingerprint names the
// program.
//
// Each kind of check is a small struct with the facts that it needs (network,
// portRanges, kernel, speaker, ...); tree.go puts them together.
//
// Nothing here changes the host, and nothing disturbs programs that work: ports
// are tried only as package sockets says, and what is sent are searches, one
// description, one SOAP call and one event subscription for each speaker. A
// Background runs the checks again and again inside the daemon, which passes in what
// it knows. Left out: sound (that is `breezeway demo`), and the bridge's own counters.
package doctor

import (
	"context"
	"time"
)

// Run makes all checks. It takes some seconds, longer when speakers do not
// answer, and ends early with ctx.
func Run(ctx context.Context, o Options) Report {
	began := time.Now()
	findings := evaluate(ctx, newExam(o, hostProbes()).tree())
	return Report{Began: began, Took: time.Since(began), Findings: findings}
}
