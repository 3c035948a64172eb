//go:build linux

package nas_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

const (
	shimScript = "docker/macvlan-shim.sh"
	shimLink   = "breezeway-shim"
	httpPort   = "7700"
)

// runScript runs a script of the tree on a host, with env alone, and gives its
// exit code.
func runScript(t *testing.T, host *lab.Host, env []string, args ...string) (*lab.Process, int) {
	t.Helper()
	p := host.Start(t, lab.Program{Name: filepath.Base(args[0]), Args: args, Env: env})
	return p, p.Wait(t, startWithin)
}

// answers reports whether Breezeway in the container answers the host.
func answers(t *testing.T, host *lab.Host) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+containerAddr+":"+httpPort+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := host.HTTP().Do(request)
	if err != nil {
		return false
	}
	defer func() { _ = answer.Body.Close() }() // nothing more is read
	return answer.StatusCode == http.StatusOK
}

func (s *testLAN) checkShim(t *testing.T) {
	const onNAS = "Speaker of the NAS"
	speaker := s.nas.StartSpeaker(t, onNAS)
	c := s.up(t, macvlanProfile, "BREEZEWAY_DEVICES="+speaker.Location)
	c.waitOffered(t, speakerName, containerAddr)
	if !answers(t, s.watcher) {
		t.Fatal("want an answer from the container to another host, got none")
	}
	if answers(t, s.nas.Host) {
		t.Fatal("want no answer to the host without the shim: this test would prove nothing")
	}
	script := filepath.Join(s.folder, shimScript)
	t.Cleanup(func() { runScript(t, s.nas.Host, nil, script, "down") })
	for _, round := range []string{"first", "second"} {
		if _, code := runScript(t, s.nas.Host, nil, script, "up"); code != 0 || !answers(t, s.nas.Host) {
			t.Errorf("%s up: want exit code 0 and an answer to the host, got %d", round, code)
		}
	}
	s.checkAddressStays(t)
	s.nas.Docker(t, "restart", c.ID) // looks for speakers at once
	c.FollowLog(t)
	c.waitOffered(t, onNAS, containerAddr)
	if _, code := runScript(t, s.nas.Host, nil, script, "down"); code != 0 || answers(t, s.nas.Host) {
		t.Errorf("down: want exit code 0 and no answer, got %d", code)
	}
}

// checkAddressStays proves that the shim does not answer ARP for the host's
// other addresses: their traffic goes where it went.
func (s *testLAN) checkAddressStays(t *testing.T) {
	t.Helper()
	addr := s.nas.Addr.String()
	s.watcher.Output(t, "ip", "neigh", "flush", "dev", "eth0")
	conn, err := s.watcher.Dial(t.Context(), "tcp4", addr+":9")
	if err == nil {
		_ = conn.Close() // nothing was written
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("want the host reached, got %v", err)
	}
	mac := strings.TrimSpace(s.nas.Output(t, "cat", "/sys/class/net/eth0/address"))
	if neighbour := s.watcher.Output(t, "ip", "neigh", "show", addr); !strings.Contains(neighbour, mac) {
		t.Errorf("want %s at the MAC address of eth0, %s, got %s", addr, mac, neighbour)
	}
}

func TestShimRefuses(t *testing.T) {
	host := lab.NewLAN(t, "host").Host("host")
	folder := t.TempDir() // has no .env
	script := filepath.Join(folder, shimScript)
	copyFile(t, filepath.Join(root, shimScript), script)
	cases := []struct {
		name     string
		env      []string
		wantSaid string
	}{
		{"nothing set", nil, "PARENT is not set"},
		{"no IP", []string{"PARENT=eth0"}, "IP is not set"},
		{"a wrong IP", []string{"PARENT=eth0", "IP=set-IP-in-.env"}, "IP=set-IP-in-.env is no IPv4 address"},
		{"no SHIM_IP", []string{"PARENT=eth0", "IP=10.77.0.200"}, "SHIM_IP is not set"},
		{"one address for both", []string{"PARENT=eth0", "IP=10.77.0.200", "SHIM_IP=10.77.0.200"}, "each needs an address of its own"},
		{"the host's address", []string{"PARENT=eth0", "IP=10.77.0.200", "SHIM_IP=" + host.Addr.String()}, "in use by this host"},
		{"an unknown interface", []string{"PARENT=eth7", "IP=10.77.0.200", "SHIM_IP=10.77.0.201"}, "PARENT=eth7 is no interface"},
		{"an unknown driver", []string{"PARENT=eth0", "IP=10.77.0.200", "SHIM_IP=10.77.0.201", "LAN_DRIVER=bridge"}, "LAN_DRIVER=bridge is neither"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, code := runScript(t, host, c.env, script, "up")
			if want := 1; code != want {
				t.Errorf("want exit code %d, got %d", want, code)
			}
			if said := strings.Join(p.Lines(), "\n"); !strings.Contains(said, c.wantSaid) {
				t.Errorf("want %q said, got %q", c.wantSaid, said)
			}
			if links := host.Output(t, "ip", "link"); strings.Contains(links, shimLink) {
				t.Errorf("want no %s left behind, got %s", shimLink, links)
			}
		})
	}
	t.Run("up, then down", func(t *testing.T) {
		env := []string{"PARENT=eth0", "IP=10.77.0.200", "SHIM_IP=10.77.0.201"}
		if _, code := runScript(t, host, env, script, "up"); code != 0 {
			t.Errorf("up: want exit code 0, got %d", code)
		}
		if want, got := shimLink, host.Output(t, "ip", "route", "get", "10.77.0.200"); !strings.Contains(got, "dev "+want+" src 10.77.0.201") {
			t.Errorf("want the container routed through %s, got %s", want, got)
		}
		if _, code := runScript(t, host, nil, script, "down"); code != 0 {
			t.Errorf("down: want exit code 0, got %d", code)
		}
	})
}
