package lab

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
)

// A requirement is a program, and the Debian package that holds it.
type requirement struct{ program, debianPackage string }

// programs are what a lab runs.
var programs = []requirement{
	{"ip", "iproute2"},
	{"nft", "nftables"},
	{"unshare", "util-linux"},
	{"nsenter", "util-linux"},
	{"setpriv", "util-linux"},
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

// Need skips the test where no lab can be made, and says why; see
// namespace.Unavailable.
func Need(t testing.TB) {
	t.Helper()
	if ok, why := Available(); !ok {
		namespace.Unavailable(t, "lab: "+why)
	}
}

// Available reports whether a lab can be made here, and if not, why.
func Available() (ok bool, why string) {
	why = missing()
	return why == "", why
}

var missing = sync.OnceValue(func() string {
	if os.Geteuid() != 0 {
		return "network namespaces need root"
	}
	if why := uninstalled(programs); why != "" {
		return why
	}
	if out, err := exec.Command("unshare", "-n", "-m", "-u", "sh", "-c", probe).CombinedOutput(); err != nil {
		return fmt.Sprintf("namespaces do not work here: %v: %s", err, strings.TrimSpace(string(out)))
	}
	return ""
})

// uninstalled names the programs that are not here; "" when all are.
func uninstalled(wanted []requirement) string {
	var absent []string
	for _, w := range wanted {
		if _, err := exec.LookPath(w.program); err != nil {
			absent = append(absent, w.program+" (Debian: "+w.debianPackage+")")
		}
	}
	if len(absent) == 0 {
		return ""
	}
	return "not installed: " + strings.Join(absent, ", ")
}
