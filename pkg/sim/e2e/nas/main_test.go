//go:build linux

// Package nas_test uses the image and the Compose file as the owner of a NAS
// does: a host with a Docker engine, in a virtual LAN (package lab) with
// third-party senders and speakers, and beside programs that have the ports.
//
//	PulseAudio --RAOP--> container on the NAS --UPnP, HTTP--> gmediarender --> file
//
// It builds the image from a copy of the tree and takes some minutes: it is run
// by `make e2e-nas` alone.
package nas_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
	"github.com/breezeway-audio/breezeway/pkg/sim/stall"
)

// runVariable is set by `make e2e-nas`.
const runVariable = "BREEZEWAY_E2E_NAS"

// root of the tree, from here.
const root = "../../../.."

// The LAN's addresses that .env hands out.
const (
	containerAddr = "10.77.0.200"
	shimAddr      = "10.77.0.201"
)

// Images, by the names in the Compose files.
const (
	image         = "ghcr.io/breezeway-audio/breezeway:latest"
	plexLikeImage = "breezeway-plex-like"
)

const (
	speakerName = "Living Room"
	serviceType = "_raop._tcp"
)

// A testLAN is the LAN with the NAS on it.
type testLAN struct {
	nas     *lab.NAS
	folder  string // of the copy of the tree, with Compose file and .env
	watcher *lab.Host
	sender  *lab.Host
	speaker *lab.Speaker
	stalls  *stall.Meter
	seed    uint64 // of the last tone
}

func newTestLAN(t *testing.T) *testLAN {
	t.Helper()
	if os.Getenv(runVariable) == "" {
		t.Skip("this takes minutes and a Docker engine: make e2e-nas runs it")
	}
	lab.NeedNAS(t)
	lan := lab.NewLAN(t, "nas", "watcher", "sender", "speaker")
	s := &testLAN{
		nas:     lan.Host("nas").StartDocker(t),
		folder:  copyTree(t),
		watcher: lan.Host("watcher"),
		sender:  lan.Host("sender"),
		speaker: lan.Host("speaker").StartSpeaker(t, speakerName),
		stalls:  stall.Watch(t),
	}
	s.sender.StartAvahi(t)
	return s
}

// copyTree copies what the tree has under version control, or would have.
func copyTree(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	cmd := exec.Command("git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	listed, err := cmd.Output()
	if err != nil {
		t.Skipf("the tree is no git repository: %v", err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(listed), "\x00"), "\x00") {
		copyFile(t, filepath.Join(root, name), filepath.Join(folder, name))
	}
	return folder
}

// copyFile copies a regular file with its mode.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Lstat(from)
	if os.IsNotExist(err) {
		return // deleted, and not yet under version control
	}
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }() // read only
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// fillEnv makes .env of .env.example with the LAN's values and more settings.
func fillEnv(t *testing.T, folder string, settings ...string) {
	t.Helper()
	example, err := os.ReadFile(filepath.Join(folder, ".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	env := string(example)
	for _, set := range []struct{ name, value string }{
		{"PARENT", "eth0"}, {"SUBNET", "10.77.0.0/24"}, {"GATEWAY", "10.77.0.1"},
		{"IP", containerAddr}, {"SHIM_IP", shimAddr},
	} {
		line := regexp.MustCompile(`(?m)^#?` + set.name + `=.*$`)
		if !line.MatchString(env) {
			t.Fatalf("want a line for %s in .env.example", set.name)
		}
		env = line.ReplaceAllString(env, set.name+"="+set.value)
	}
	env += strings.Join(settings, "\n") + "\n"
	if err := os.WriteFile(filepath.Join(folder, ".env"), []byte(env), 0o644); err != nil {
		t.Fatal(err)
	}
}
