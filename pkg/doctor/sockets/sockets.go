// Package sockets finds out which programs have a port of this host, and whether
// they let others have it too.
//
// Three sources are put together: the tables of /proc/net (proc_net_udp(5)),
// which anybody may read, for the sockets with their user; /proc/<pid>/fd for
// the process, where that is permitted; and sock_diag(7) with the tree of
// control groups for the container or the systemd unit, which says more than
// /proc to a program without privileges. None of them shows whether a port is shared:
// that takes a trial (trial_linux.go).
//
// Only the network namespace of this process is covered. Left out: connections, raw
// sockets and firewalls.
package sockets

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// A Protocol is UDP or TCP.
type Protocol uint8

const (
	UDP Protocol = iota
	TCP          // its listening sockets
)

func (p Protocol) String() string {
	return [...]string{"UDP", "TCP"}[p]
}

// A Holder is one socket that has a port, with what is known about its owner. Command
// is chosen by the owner and may contain any character; Container and Unit were
// checked and are safe in a shell.
type Holder struct {
	Protocol Protocol
	Local    netip.AddrPort // IPv6 also for a socket of both families
	OnlyIPv6 bool           // a socket of [::] that does not have the IPv4 port
	UID      uint32
	PID      int    // 0: unknown, for lack of permission
	Command  string // the process's name, cut to 15 bytes by the kernel; "" with PID 0

	Origin
	inode uint64
}

// An Origin is how a process was started, as far as its control group shows it.
type Origin struct {
	Engine    string // of the container: "docker", "podman", ...
	Container string // id of 64 hexadecimal digits; LXC: its name
	Unit      string // systemd's: "minidlna.service"
}

// ServesIPv4 reports whether the socket has the port for IPv4.
func (h Holder) ServesIPv4() bool {
	addr := h.Local.Addr()
	return addr.Is4() || addr.Is4In6() || addr.IsUnspecified() && !h.OnlyIPv6
}

// ServesIPv6 reports whether the socket has the port for IPv6.
func (h Holder) ServesIPv6() bool {
	addr := h.Local.Addr()
	return addr.Is6() && !addr.Is4In6()
}

// Ours reports whether the socket belongs to this process or to another one of the
// same program and user, such as the bridge while a command runs. For root, the user
// of the bridge does not matter.
func (h Holder) Ours() bool {
	const commandBytes = 15 // the kernel cuts names to this length
	program := filepath.Base(os.Args[0])
	user := os.Geteuid()
	return h.PID == os.Getpid() ||
		h.Command == program[:min(len(program), commandBytes)] && (user == 0 || int(h.UID) == user)
}

// String names the holder with everything known: "minidlnad (pid 12, uid 1000,
// minidlna.service) on 0.0.0.0:1900". It is printable.
func (h Holder) String() string {
	name, about := printable(h.Command), []string{fmt.Sprintf("uid %d", h.UID)}
	if h.PID != 0 {
		about = append([]string{fmt.Sprintf("pid %d", h.PID)}, about...)
	} else {
		name = "a process that is not visible from here"
	}
	if h.Container != "" {
		about = append(about, fmt.Sprintf("%s container %.12s", h.Engine, h.Container))
	} else if h.Unit != "" {
		about = append(about, h.Unit)
	}
	return fmt.Sprintf("%s (%s) on %s", name, strings.Join(about, ", "), h.Local)
}

// printable makes a process's name safe to print on a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// A Table is every bound UDP socket and every listening TCP socket at one
// moment.
type Table struct {
	holders []Holder
	// Blind is why containers, units and OnlyIPv6 may be unknown; nil if sock_diag
	// listed everything.
	Blind error
}

// NewTable makes a Table of given sockets, for tests of other packages.
func NewTable(holders ...Holder) *Table {
	return &Table{holders: holders}
}

// On returns the sockets that have a port.
func (t *Table) On(p Protocol, port uint16) []Holder {
	return t.Within(p, port, port)
}

// Within returns the sockets that have a port from first to last.
func (t *Table) Within(p Protocol, first, last uint16) []Holder {
	var found []Holder
	for _, h := range t.holders {
		if port := h.Local.Port(); h.Protocol == p && port >= first && port <= last {
			found = append(found, h)
		}
	}
	return found
}
