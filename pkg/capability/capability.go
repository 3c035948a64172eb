// Package capability switches on the one Linux capability that Breezeway can use:
// CAP_NET_RAW, for raw sockets beside a program that holds 1900 or 5353 for itself.
//
// The container's user is not root, so the capability comes from the program's
// file, which only permits it (docker/filecap says why). Where it is permitted it
// is made effective here; where it is not, nothing is asked for.
package capability
