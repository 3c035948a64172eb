package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// MediaServerPort is where a media server describes itself, TCP.
const MediaServerPort = 8200

// minidlnaWithin bounds the start of a media server.
const minidlnaWithin = 15 * time.Second

// minidlnaConfig is for a media server with nothing on its shelves.
const minidlnaConfig = `port=%[3]d
network_interface=eth0
media_dir=%[1]s/media
db_dir=%[1]s/db
log_dir=%[1]s
friendly_name=%[2]s
inotify=no
notify_interval=20
`

// StartMediaServer runs minidlna on the host, which shares 1900/UDP with whom
// shares it too.
func (h *Host) StartMediaServer(t testing.TB, name string) *Process {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range []string{"media", "db"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal("lab:", err)
		}
	}
	config := filepath.Join(dir, "minidlna.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, minidlnaConfig, dir, name, MediaServerPort), 0o644); err != nil {
		t.Fatal("lab:", err)
	}
	p := h.Start(t, Program{Name: "minidlna", Dir: dir, Args: []string{
		"minidlnad", "-S", "-f", config, "-P", filepath.Join(dir, "pid"),
	}})
	Until(t, minidlnaWithin, "minidlna listens", func() bool {
		conn, err := h.Dial(t.Context(), "tcp4", fmt.Sprintf("127.0.0.1:%d", MediaServerPort))
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
	return p
}

// Search looks for UPnP devices or services as gssdp-discover does, for whole
// seconds, and gives the URLs of the descriptions that it finds.
func (h *Host) Search(t testing.TB, target string, within time.Duration) []string {
	t.Helper()
	found := h.Output(t, "gssdp-discover", "--interface=eth0", "--target="+target, "--message-type=available",
		fmt.Sprintf("--timeout=%d", int(within.Seconds())))
	var locations []string
	for _, match := range regexp.MustCompile(`(?m)^\s*Location: (\S+)$`).FindAllStringSubmatch(found, -1) {
		locations = append(locations, match[1])
	}
	return locations
}
