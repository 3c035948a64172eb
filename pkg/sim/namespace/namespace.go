// Package namespace gives a test a network of its own: the test runs again in a
// process with a Linux network namespace (network_namespaces(7)), lays cables
// (veth(4)) there, and has other hosts at the far ends of them. Where no
// namespace can be made, the test is skipped with the reason.
//
// It configures interfaces and nothing more: no routes, no filters, no programs.
// A whole LAN with programs on its hosts is package lab. Only tests import it,
// and those that do are for Linux.
package namespace
