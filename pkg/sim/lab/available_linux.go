package lab

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// programs are what a lab runs, with the Debian packages that hold them.
var programs = []struct{ name, debianPackage string }{
	{"ip", "iproute2"},
	{"nft", "nftables"},
	{"unshare", "util-linux"},
	{"nsenter", "util-linux"},
	{"dbus-daemon", "dbus"},
	{"avahi-daemon", "avahi-daemon"},
	{"avahi-browse", "avahi-utils"},
	{"pulseaudio", "pulseaudio"},
	{"paplay", "pulseaudio-utils"},
	{"pactl", "pulseaudio-utils"},
	{"gmediarender", "gmediarender"},
}

// probe does once what a LAN needs of the kernel.
const probe = `set -e
ip link add br0 type bridge
ip link add veth0 type veth peer name veth1
nft add table inet probe
mount -t tmpfs tmpfs /run
`

// Available reports whether a lab can be made here, and if not, why.
func Available() (ok bool, why string) {
	why = missing()
	return why == "", why
}

var missing = sync.OnceValue(func() string {
	if os.Geteuid() != 0 {
		return "network namespaces need root"
	}
	var packages []string
	for _, p := range programs {
		if _, err := exec.LookPath(p.name); err != nil {
			packages = append(packages, p.name+" (Debian: "+p.debianPackage+")")
		}
	}
	if len(packages) > 0 {
		return "not installed: " + strings.Join(packages, ", ")
	}
	if out, err := exec.Command("unshare", "-n", "-m", "-u", "sh", "-c", probe).CombinedOutput(); err != nil {
		return fmt.Sprintf("namespaces do not work here: %v: %s", err, strings.TrimSpace(string(out)))
	}
	return ""
})

func required() bool { return os.Getenv(requireVariable) == "require" }
