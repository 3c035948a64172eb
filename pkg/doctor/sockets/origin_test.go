package sockets

import (
	"strings"
	"testing"
)

const containerID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

var origins = []struct {
	name, path string
	want       Origin
}{
	{"nothing", "/", Origin{}},
	{"empty", "", Origin{}},
	{"systemd unit", "/system.slice/minidlna.service", Origin{Unit: "minidlna.service"}},
	{"unit below a user", "/user.slice/user-1000.slice/user@1000.service/app.slice/kodi.service", Origin{Unit: "kodi.service"}},
	{"a scope is no unit", "/user.slice/user-1000.slice/session-2.scope", Origin{}},
	{"docker by systemd", "/system.slice/docker-" + containerID + ".scope", Origin{Engine: "docker", Container: containerID}},
	{"docker by itself", "/docker/" + containerID, Origin{Engine: "docker", Container: containerID}},
	{"docker with systemd inside", "/system.slice/docker-" + containerID + ".scope/system.slice/avahi.service", Origin{Engine: "docker", Container: containerID}},
	{"podman", "/machine.slice/libpod-" + containerID + ".scope/container", Origin{Engine: "podman", Container: containerID}},
	{"kubernetes", "/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + containerID + ".scope", Origin{Engine: "containerd", Container: containerID}},
	{"another engine", "/ecs/task/" + containerID, Origin{Engine: "unknown", Container: containerID}},
	{"lxc", "/lxc.payload.101/system.slice", Origin{Engine: "lxc", Container: "101"}},
	{"old lxc", "/lxc/plex/ns", Origin{Engine: "lxc", Container: "plex"}},
	{"id one digit short", "/docker/" + containerID[1:], Origin{}},
	{"a unit that a shell would run", "/system.slice/$(reboot).service", Origin{}},
	{"a container that a shell would run", "/lxc/`reboot`", Origin{}},
}

func TestOriginOf(t *testing.T) {
	for _, c := range origins {
		t.Run(c.name, func(t *testing.T) {
			if got := originOf(c.path); got != c.want {
				t.Errorf("originOf(%q): want %+v, got %+v", c.path, c.want, got)
			}
		})
	}
}

func FuzzOrigin(f *testing.F) {
	for _, c := range origins {
		f.Add(c.path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		o := originOf(path)
		if strings.ContainsAny(o.Engine+o.Container+o.Unit, " \t\n'\"`$;&|<>\\()*?[]{}!#~") {
			t.Errorf("originOf(%q) = %+v is not safe in a shell", path, o)
		}
	})
}

func TestSocketInode(t *testing.T) {
	cases := []struct {
		target string
		want   uint64
		ok     bool
	}{
		{"socket:[4711]", 4711, true},
		{"socket:[]", 0, false},
		{"pipe:[4711]", 0, false},
		{"/dev/null", 0, false},
		{"", 0, false},
	}
	for _, c := range cases {
		if got, ok := socketInode(c.target); got != c.want || ok != c.ok {
			t.Errorf("socketInode(%q): want %d, %v, got %d, %v", c.target, c.want, c.ok, got, ok)
		}
	}
}
