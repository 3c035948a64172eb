package lab

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
)

// nasPrograms are what a NAS runs beside what every lab does.
var nasPrograms = []requirement{
	{"dockerd", "docker.io"},
	{"docker", "docker.io"},
	{"docker-compose", "docker-compose"},
	{"minidlnad", "minidlna"},
	{"gssdp-discover", "gupnp-tools"},
}

// NeedNAS skips the test where no NAS can be made, and says why.
func NeedNAS(t testing.TB) {
	t.Helper()
	Need(t)
	if why := uninstalled(nasPrograms); why != "" {
		namespace.Unavailable(t, "lab: "+why)
	}
}

// dockerWithin bounds the start of a Docker engine.
const dockerWithin = 60 * time.Second

// A NAS is a host with a Docker engine of its own: there network_mode host
// means that host's network, and its eth0 can be the parent of a macvlan
// network. No network reaches an image registry.
type NAS struct {
	*Host
	engine *Process
	init   int // process 1 of the engine's processes, as the machine numbers it
}

// dockerSocket is the client's default. Each host has its own /run.
const dockerSocket = "unix:///run/docker.sock"

// startEngine is run in new mount and PID namespaces, which take containers,
// mounts and all with them when they end. Under the host's /sys lies the
// machine's, which has the cgroups.
const startEngine = `set -e
umount /sys
exec dockerd --data-root "$1" --bridge=none --iptables=false --exec-opt native.cgroupdriver=cgroupfs
`

// StartDocker makes the host a NAS until the test ends.
func (h *Host) StartDocker(t testing.TB) *NAS {
	t.Helper()
	NeedNAS(t)
	dir := t.TempDir()
	n := &NAS{Host: h}
	n.engine = h.Start(t, Program{Name: "dockerd", Dir: dir, Args: []string{
		"unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "sh", "-c", startEngine, "sh", dir,
	}})
	n.engine.WaitLine(t, "API listen on ", dockerWithin)
	pid := n.engine.PID()
	child, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
	if err == nil {
		n.init, err = strconv.Atoi(strings.TrimSpace(string(child)))
	}
	if err != nil {
		t.Fatal("lab: process 1 of the engine:", err)
	}
	t.Cleanup(func() { n.stop(t) })
	return n
}

// stop removes the containers, with their cgroups, and ends the engine.
func (n *NAS) stop(t testing.TB) {
	if containers := strings.Fields(n.Docker(t, "ps", "--all", "--quiet")); len(containers) > 0 {
		n.Docker(t, append([]string{"rm", "--force"}, containers...)...)
	}
	if init, err := os.FindProcess(n.init); err == nil {
		_ = init.Kill() // it may have ended
	}
	<-n.engine.endC
}

// client is the environment of a Docker client, with nothing of the machine's.
func (n *NAS) client(dir string) []string {
	return []string{"env", "-i", "--chdir=" + dir, "PATH=" + os.Getenv("PATH"), "HOME=" + n.lan.dir, "DOCKER_HOST=" + dockerSocket}
}

// Docker runs docker on the NAS and gives what it printed.
func (n *NAS) Docker(t testing.TB, args ...string) string {
	t.Helper()
	return strings.TrimSpace(n.Output(t, append(append(n.client("/"), "docker"), args...)...))
}

// Compose runs docker-compose on the NAS, in a folder, and gives what it
// printed.
func (n *NAS) Compose(t testing.TB, dir string, args ...string) string {
	t.Helper()
	return strings.TrimSpace(n.Output(t, append(append(n.client(dir), "docker-compose", "--ansi", "never"), args...)...))
}

// Build runs a script that builds an image for the NAS. It runs in the
// machine's network: it fetches modules as any build does.
func (n *NAS) Build(t testing.TB, dir string, env []string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), fmt.Sprintf("DOCKER_HOST=unix:///proc/%d/root/run/docker.sock", n.pid()))
	cmd.Env = append(cmd.Env, env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("lab: %s: %v: %s", strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
}
