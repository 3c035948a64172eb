package lab

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// firstHost is the last octet of the first host's address.
const firstHost = 10

// A LAN is an Ethernet segment, 10.77.0.0/24.
type LAN struct {
	dir    string
	starts chan func() // run on the thread that starts every program
	hub    *hostNamespace
	hosts  map[string]*Host
}

// NewLAN makes a LAN with a host for each name, in this order from 10.77.0.10
// on. It ends with the test.
func NewLAN(t testing.TB, names ...string) *LAN {
	t.Helper()
	Need(t)
	l := &LAN{dir: t.TempDir(), starts: make(chan func()), hosts: make(map[string]*Host)}
	go l.starter()
	t.Cleanup(func() { close(l.starts) })
	l.writeHosts(t, names)
	l.hub = l.newHostNamespace(t, "lan")
	// Without a multicast querier on the segment snooping would cut groups off.
	l.hub.ip(t, `
		link set lo up
		link add br0 type bridge mcast_snooping 0 stp_state 0 forward_delay 0
		link set br0 up`)
	for i, name := range names {
		l.hosts[name] = l.addHost(t, name, i)
	}
	return l
}

// Host gives the host of that name.
func (l *LAN) Host(name string) *Host {
	h, ok := l.hosts[name]
	if !ok {
		panic("lab: no host " + name)
	}
	return h
}

// starter starts programs, one after the other. The kernel ties a program's
// life to the thread that started it, not to the process; this one lasts as
// long as the LAN.
func (l *LAN) starter() {
	runtime.LockOSThread()
	for start := range l.starts {
		start()
	}
}

// start starts cmd such that it dies with this process.
func (l *LAN) start(cmd *exec.Cmd) error {
	errC := make(chan error)
	l.starts <- func() { errC <- cmd.Start() }
	return <-errC
}

func addrOf(index int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 77, 0, byte(firstHost + index)})
}

// writeHosts makes the /etc/hosts of all hosts.
func (l *LAN) writeHosts(t testing.TB, names []string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("127.0.0.1 localhost\n")
	for i, name := range names {
		fmt.Fprintf(&b, "%s %s\n", addrOf(i), name)
	}
	if err := os.WriteFile(l.hostsFile(), []byte(b.String()), 0o644); err != nil {
		t.Fatal("lab:", err)
	}
}

func (l *LAN) hostsFile() string { return filepath.Join(l.dir, "hosts") }
