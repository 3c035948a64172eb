package daemon

import (
	"path/filepath"
	"testing"
)

// The usual directory is used where it can be written, and only if none is set.
func TestStateDir(t *testing.T) {
	usual := t.TempDir()
	absent := filepath.Join(usual, "absent")
	for _, c := range []struct{ name, set, usual, want string }{
		{"none set", "", usual, usual},
		{"none set, and the usual one is absent", "", absent, ""},
		{"one set", "/data", usual, "/data"},
	} {
		if got := stateDir(c.set, c.usual); got != c.want {
			t.Errorf("%s: want %q, got %q", c.name, c.want, got)
		}
	}
}
