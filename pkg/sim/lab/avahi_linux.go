package lab

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// avahiConfig keeps avahi to the LAN's IPv4 and out of its own limits.
const avahiConfig = `[server]
use-ipv4=yes
use-ipv6=no
allow-interfaces=eth0
ratelimit-interval-usec=1000000
ratelimit-burst=1000
[publish]
publish-hinfo=no
publish-workstation=no
`

// daemonsWithin bounds the start of D-Bus and avahi.
const daemonsWithin = 15 * time.Second

// StartAvahi runs avahi-daemon on the host, and the D-Bus that it needs.
func (h *Host) StartAvahi(t testing.TB) {
	t.Helper()
	h.Start(t, Program{Name: "dbus", Args: []string{
		"dbus-daemon", "--system", "--nofork", "--nopidfile", "--nosyslog", "--print-address",
	}}).WaitLine(t, "^unix:", daemonsWithin)
	dir := t.TempDir()
	config := filepath.Join(dir, "avahi-daemon.conf")
	if err := os.WriteFile(config, []byte(avahiConfig), 0o644); err != nil {
		t.Fatal("lab:", err)
	}
	h.Start(t, Program{Name: "avahi", Dir: dir, Args: []string{
		"avahi-daemon", "--no-drop-root", "--no-chroot", "--no-rlimits", "-f", config,
	}}).WaitLine(t, "Server startup complete", daemonsWithin)
}

// A Browser follows the instances of a service type as avahi sees them.
type Browser struct{ process *Process }

// Browse runs avahi-browse on a host that runs avahi.
func (h *Host) Browse(t testing.TB, serviceType string) *Browser {
	t.Helper()
	return &Browser{h.Start(t, Program{Name: "avahi-browse", Args: []string{
		"avahi-browse", "--parsable", "--resolve", serviceType,
	}})}
}

// Services lists all changes seen so far.
func (b *Browser) Services() []Service {
	var all []Service
	for _, line := range b.process.Lines() {
		if s, ok := parseService(line); ok {
			all = append(all, s)
		}
	}
	return all
}

// Wait waits for a change that want accepts.
func (b *Browser) Wait(t testing.TB, within time.Duration, what string, want func(Service) bool) Service {
	t.Helper()
	var found Service
	Until(t, within, what, func() bool {
		for _, s := range b.Services() {
			if want(s) {
				found = s
				return true
			}
		}
		return false
	})
	return found
}

// WaitNone waits until avahi knows of no instance.
func (b *Browser) WaitNone(t testing.TB, within time.Duration) {
	t.Helper()
	Until(t, within, "all services have left", func() bool { return len(known(b.Services())) == 0 })
}
