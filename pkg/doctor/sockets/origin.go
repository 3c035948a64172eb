package sockets

import (
	"regexp"
	"strings"
)

var (
	// "docker-<id>.scope" under systemd, "<id>" under "docker" without it.
	containerPart = regexp.MustCompile(`^(?:([a-z-]+)-)?([0-9a-f]{64})(?:\.scope)?$`)
	safeName      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.@:-]{0,127}$`)
)

// engines are the names that container engines give their scopes, with the name
// of the command that a user types.
var engines = map[string]string{
	"docker":         "docker",
	"libpod":         "podman",
	"cri-containerd": "containerd",
	"crio":           "cri-o",
}

// originOf reads a path of control groups. The last part that is recognized counts. If
// there is a container the unit is left out: it is the engine's, or one inside the
// container. Names with unusual characters are left out.
func originOf(path string) Origin {
	var o Origin
	parent := ""
	for part := range strings.SplitSeq(path, "/") {
		switch {
		case containerPart.MatchString(part):
			match := containerPart.FindStringSubmatch(part)
			return Origin{Engine: engineOf(match[1], parent), Container: match[2]}
		case strings.HasPrefix(part, "lxc.payload."), parent == "lxc":
			if name := strings.TrimPrefix(part, "lxc.payload."); safeName.MatchString(name) {
				return Origin{Engine: "lxc", Container: name}
			}
		case strings.HasSuffix(part, ".service") && safeName.MatchString(part):
			o.Unit = part
		}
		parent = part
	}
	return o
}

func engineOf(prefix, parent string) string {
	if prefix == "" {
		prefix = parent
	}
	if engine, ok := engines[prefix]; ok {
		return engine
	}
	return "unknown"
}
