package lab

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A Container runs on a NAS.
type Container struct {
	nas *NAS
	ID  string
}

// Container finds the container of a Compose service, in the folder of its
// Compose file. Options go before the command, such as --profile.
func (n *NAS) Container(t testing.TB, dir, service string, options ...string) *Container {
	t.Helper()
	c := &Container{nas: n, ID: n.Compose(t, dir, append(options, "ps", "--quiet", service)...)}
	if len(strings.Fields(c.ID)) != 1 {
		t.Fatalf("lab: want one container of %s, got %q", service, c.ID)
	}
	return c
}

// FollowLog collects what the container says.
func (c *Container) FollowLog(t testing.TB) *Process {
	t.Helper()
	return c.nas.Start(t, Program{
		Name: "container",
		Env:  []string{"DOCKER_HOST=" + dockerSocket},
		Args: []string{"docker", "logs", "--follow", c.ID},
	})
}

// Exec runs a program of the image in the container.
func (c *Container) Exec(t testing.TB, args ...string) *Process {
	t.Helper()
	return c.nas.Start(t, Program{
		Name: "in the container: " + strings.Join(args, " "),
		Env:  []string{"DOCKER_HOST=" + dockerSocket},
		Args: append([]string{"docker", "exec", c.ID}, args...),
	})
}

// Inspect gives what a template of docker inspect makes of the container.
func (c *Container) Inspect(t testing.TB, template string) string {
	t.Helper()
	return c.nas.Docker(t, "inspect", "--format", template, c.ID)
}

// Stop is docker stop, which kills after 10 s. It gives the exit code and the
// time that it took.
func (c *Container) Stop(t testing.TB) (code int, took time.Duration) {
	t.Helper()
	began := time.Now()
	c.nas.Docker(t, "stop", c.ID)
	took = time.Since(began)
	code, err := strconv.Atoi(c.Inspect(t, "{{.State.ExitCode}}"))
	if err != nil {
		t.Fatal("lab:", err)
	}
	return code, took
}

// proc reads a file of the container's main process, proc(5).
func (c *Container) proc(t testing.TB, name string) string {
	t.Helper()
	// The engine's processes have numbers of their own, and a /proc for them.
	content, err := os.ReadFile(filepath.Join(fmt.Sprintf("/proc/%d/root/proc", c.nas.init), c.Inspect(t, "{{.State.Pid}}"), name))
	if err != nil {
		t.Fatal("lab:", err)
	}
	return string(content)
}

// Status gives a field of /proc/PID/status, without blanks around it.
func (c *Container) Status(t testing.TB, field string) string {
	t.Helper()
	for line := range strings.Lines(c.proc(t, "status")) {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			return strings.Join(strings.Fields(value), " ")
		}
	}
	t.Fatalf("lab: no %s in the status of the process", field)
	return ""
}

// HeldUDP lists the addresses, IPv4 and IPv6, at which somebody has that UDP
// port in the container's network.
func (c *Container) HeldUDP(t testing.TB, port uint16) []netip.Addr {
	t.Helper()
	var held []netip.Addr
	for _, table := range []string{"net/udp", "net/udp6"} {
		addrs, err := boundAt(c.proc(t, table), port)
		if err != nil {
			t.Fatalf("lab: %s: %v", table, err)
		}
		held = append(held, addrs...)
	}
	return held
}

// boundAt reads /proc/net/udp or udp6: its second column is the local address,
// as 32-bit words in the machine's order, little-endian here, and the port.
func boundAt(table string, port uint16) ([]netip.Addr, error) {
	var held []netip.Addr
	for _, line := range strings.Split(strings.TrimSpace(table), "\n")[1:] {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			return nil, fmt.Errorf("a line of %d fields", len(fields))
		}
		words, portText, _ := strings.Cut(fields[1], ":")
		if p, err := strconv.ParseUint(portText, 16, 16); err != nil || uint16(p) != port {
			continue
		}
		b, err := hex.DecodeString(words)
		if err != nil {
			return nil, err
		}
		for word := range slices.Chunk(b, 4) {
			slices.Reverse(word)
		}
		addr, ok := netip.AddrFromSlice(b)
		if !ok {
			return nil, fmt.Errorf("an address of %d bytes", len(b))
		}
		held = append(held, addr)
	}
	return held, nil
}
