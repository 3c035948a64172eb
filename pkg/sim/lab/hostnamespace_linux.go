package lab

import (
	"bufio"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A hostNamespace is a sleeping process that keeps a network, mount and UTS namespace
// alive.
type hostNamespace struct {
	lan *LAN
	cmd *exec.Cmd
}

// setUpHost is run in new namespaces before the holder sleeps: the host has its
// own name, /run (for D-Bus, avahi, ...), /sys (for its own interfaces) and
// /etc/hosts.
const setUpHost = `set -e
mount --make-rprivate /
hostname "$1"
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir -p /run/dbus /run/avahi-daemon /run/lock
mount --bind "$2" /etc/hosts
echo furnished
exec sleep infinity
`

func (l *LAN) newHostNamespace(t testing.TB, name string) *hostNamespace {
	t.Helper()
	ns := &hostNamespace{lan: l, cmd: exec.Command("unshare", "-n", "-m", "-u", "sh", "-c", setUpHost, "sh", name, l.hostsFile())}
	ns.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var complaints strings.Builder
	ns.cmd.Stderr = &complaints
	out, err := ns.cmd.StdoutPipe()
	if err != nil {
		t.Fatal("lab:", err)
	}
	if err := l.start(ns.cmd); err != nil {
		t.Fatal("lab:", err)
	}
	line, readErr := bufio.NewReader(out).ReadString('\n')
	t.Cleanup(func() {
		_ = ns.cmd.Process.Kill() // it may have ended
		_ = ns.cmd.Wait()         // killed: that is its error
	})
	if line != "furnished\n" {
		_ = ns.cmd.Process.Kill()
		_ = ns.cmd.Wait()
		t.Fatalf("lab: host %s: %q, %v: %s", name, line, readErr, complaints.String())
	}
	return ns
}

func (ns *hostNamespace) pid() int { return ns.cmd.Process.Pid }

// command is a program that will run in the namespaces, in directory dir.
func (ns *hostNamespace) command(dir string, args ...string) *exec.Cmd {
	enter := []string{"-t", strconv.Itoa(ns.pid()), "-n", "-m", "-u", "--wdns=" + dir, "--"}
	cmd := exec.Command("nsenter", append(enter, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	return cmd
}

// run runs a program to its end.
func (ns *hostNamespace) run(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	cmd := ns.command("/", args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	err := ns.lan.start(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		t.Fatalf("lab: %s: %v: %s", strings.Join(args, " "), err, out.String())
	}
	return out.String()
}

// ip runs commands of ip(8), one a line.
func (ns *hostNamespace) ip(t testing.TB, commands string, args ...any) {
	t.Helper()
	ns.run(t, fmt.Sprintf(commands, args...), "ip", "-batch", "-")
}
