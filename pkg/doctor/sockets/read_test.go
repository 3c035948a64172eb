package sockets

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// nas gives the recorded /proc of a host with minidlna, docker-proxy and avahi.
// What its processes have open is made here, as links that lead nowhere.
func nas(t *testing.T) source {
	t.Helper()
	proc := t.TempDir()
	if err := os.CopyFS(proc, os.DirFS("testdata/nas")); err != nil {
		t.Fatal(err)
	}
	for pid, targets := range map[string][]string{
		"1":   {"socket:[541966]", "/dev/null"}, // hands the socket on
		"812": {"/dev/null", "socket:[541966]", "socket:[541970]", "pipe:[541974]"},
		"900": {"socket:[541972]"},
		"950": {"anon_inode:[eventpoll]", "socket:[541980]"},
	} {
		dir := filepath.Join(proc, pid, "fd")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for n, target := range targets {
			if err := os.Symlink(target, filepath.Join(dir, fmt.Sprint(n))); err != nil {
				t.Fatal(err)
			}
		}
	}
	return source{
		proc: proc,
		diag: func() (map[uint64]detail, error) {
			return map[uint64]detail{
				541972: {cgroup: 5, onlyIPv6: true},
				541974: {cgroup: 77},
				541976: {cgroup: 77, onlyIPv6: true},
			}, nil
		},
		cgroups: func(wanted map[uint64]bool) paths {
			if !wanted[77] || !wanted[5] {
				t.Errorf("want groups 5 and 77 looked up, got %v", wanted)
			}
			return paths{77: "/system.slice/avahi-daemon.service"}
		},
	}
}

func names(holders []Holder) string {
	var s []string
	for _, h := range holders {
		s = append(s, h.String())
	}
	slices.Sort(s)
	return strings.Join(s, "\n")
}

func TestRead(t *testing.T) {
	table, err := nas(t).read()
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name        string
		protocol    Protocol
		first, last uint16
		want        string
	}{
		{"the user's own and docker's", UDP, 1900, 1900, "docker-proxy (pid 900, uid 0, docker.service) on [::]:1900\n" +
			"minidlnad (pid 812, uid 110, minidlna.service) on 0.0.0.0:1900\n" +
			"minidlnad (pid 812, uid 110, minidlna.service) on 127.0.0.1:1900"},
		{"known by its control group alone", UDP, 5353, 5353,
			"a process that is not visible from here (uid 111, avahi-daemon.service) on 0.0.0.0:5353\n" +
				"a process that is not visible from here (uid 111, avahi-daemon.service) on [::]:5353"},
		{"in a container", TCP, 32469, 32469, "Plex DLNA Serve (pid 950, uid 0, docker container 0123456789ab) on 0.0.0.0:32469"},
		{"IPv4 in an IPv6 socket", UDP, 7820, 7820, "a process that is not visible from here (uid 0) on [::ffff:127.0.0.1]:7820"},
		{"listening alone, not the connections", TCP, 1, 65535,
			"Plex DLNA Serve (pid 950, uid 0, docker container 0123456789ab) on 0.0.0.0:32469\n" +
				"a process that is not visible from here (uid 0) on [::]:7700"},
		{"nobody", UDP, 1, 1899, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := names(table.Within(c.protocol, c.first, c.last)); got != c.want {
				t.Errorf("want\n%s\ngot\n%s", c.want, got)
			}
		})
	}
	if table.Blind != nil {
		t.Errorf("want no blindness, got %v", table.Blind)
	}
}

func TestReadFamilies(t *testing.T) {
	table, err := nas(t).read()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2]bool{ // serves IPv4, IPv6
		"0.0.0.0:1900":            {true, false},
		"127.0.0.1:1900":          {true, false},
		"[::]:1900":               {false, true},
		"[::]:7700":               {true, true},
		"[::ffff:127.0.0.1]:7820": {true, false},
	}
	for _, h := range slices.Concat(table.On(UDP, 1900), table.On(UDP, 7820), table.On(TCP, 7700)) {
		got := [2]bool{h.ServesIPv4(), h.ServesIPv6()}
		if got != want[h.Local.String()] {
			t.Errorf("%s: want %v, got %v", h.Local, want[h.Local.String()], got)
		}
	}
}

func TestReadWithoutTheKernel(t *testing.T) {
	s := nas(t)
	refused := errors.New("operation not permitted")
	s.diag = func() (map[uint64]detail, error) { return nil, refused }
	s.cgroups = func(map[uint64]bool) paths { return nil }
	table, err := s.read()
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(table.Blind, refused) {
		t.Errorf("want Blind to be %v, got %v", refused, table.Blind)
	}
	if got := len(table.On(UDP, 1900)); got != 3 {
		t.Errorf("want 3 sockets on 1900, got %d", got)
	}
}

func TestReadFails(t *testing.T) {
	for _, missing := range []string{"net/udp", "net/tcp", "."} {
		s := nas(t)
		if err := os.RemoveAll(filepath.Join(s.proc, missing)); err != nil {
			t.Fatal(err)
		}
		if table, err := s.read(); err == nil {
			t.Errorf("without %s: want an error, got %+v", missing, table)
		}
	}
}

func TestReadWithoutIPv6(t *testing.T) {
	s := nas(t)
	for _, name := range []string{"net/udp6", "net/tcp6"} {
		if err := os.Remove(filepath.Join(s.proc, name)); err != nil {
			t.Fatal(err)
		}
	}
	table, err := s.read()
	if err != nil {
		t.Fatal(err)
	}
	if got := len(table.On(UDP, 1900)); got != 2 {
		t.Errorf("want 2 sockets on 1900, got %d", got)
	}
}
