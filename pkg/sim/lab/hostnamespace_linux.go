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

// A holder is a sleeping process that keeps a network, mount and UTS namespace
// alive.
type holder struct {
	lan *LAN
	cmd *exec.Cmd
}

// furnish is run in new namespaces before the holder sleeps: the host has its
// own name, /run (for D-Bus, avahi, ...), /sys (for its own interfaces) and
// /etc/hosts.
const furnish = `set -e
mount --make-rprivate /
hostname "$1"
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir -p /run/dbus /run/avahi-daemon /run/lock
mount --bind "$2" /etc/hosts
echo furnished
exec sleep infinity
`

func (l *LAN) hold(t testing.TB, name string) *holder {
	t.Helper()
	h := &holder{lan: l, cmd: exec.Command("unshare", "-n", "-m", "-u", "sh", "-c", furnish, "sh", name, l.hostsFile())}
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var complaints strings.Builder
	h.cmd.Stderr = &complaints
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal("lab:", err)
	}
	if err := l.start(h.cmd); err != nil {
		t.Fatal("lab:", err)
	}
	line, readErr := bufio.NewReader(out).ReadString('\n')
	t.Cleanup(func() {
		_ = h.cmd.Process.Kill() // it may have ended
		_ = h.cmd.Wait()         // killed: that is its error
	})
	if line != "furnished\n" {
		_ = h.cmd.Process.Kill()
		_ = h.cmd.Wait()
		t.Fatalf("lab: host %s: %q, %v: %s", name, line, readErr, complaints.String())
	}
	return h
}

func (h *holder) pid() int { return h.cmd.Process.Pid }

// command is a program that will run in the namespaces, in directory dir.
func (h *holder) command(dir string, args ...string) *exec.Cmd {
	enter := []string{"-t", strconv.Itoa(h.pid()), "-n", "-m", "-u", "--wdns=" + dir, "--"}
	cmd := exec.Command("nsenter", append(enter, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	return cmd
}

// run runs a program to its end.
func (h *holder) run(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	cmd := h.command("/", args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	err := h.lan.start(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		t.Fatalf("lab: %s: %v: %s", strings.Join(args, " "), err, out.String())
	}
	return out.String()
}

// ip runs commands of ip(8), one a line.
func (h *holder) ip(t testing.TB, commands string, args ...any) {
	t.Helper()
	h.run(t, fmt.Sprintf(commands, args...), "ip", "-batch", "-")
}
