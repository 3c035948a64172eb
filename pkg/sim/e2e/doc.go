// Package e2e holds the end-to-end tests, each of which plays through the whole
// product.
//
// In this directory the daemon runs in the test's process, on loopback, between the
// simulated senders and speakers of package sim (see demo.Simulation): sound is
// compared sample by sample, and everything is timed in real time.
//
// In lan the program as it is released runs in network namespaces (package lab),
// between third-party senders and speakers and beside programs that hold its ports.
//
// In nas its container image runs on a virtual NAS with Docker.
package e2e
