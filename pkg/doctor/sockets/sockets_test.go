package sockets

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOurs(t *testing.T) {
	program := filepath.Base(os.Args[0])
	command := program[:min(len(program), 15)]
	user := uint32(os.Geteuid())
	tests := map[string]struct {
		holder Holder
		want   bool
	}{
		"this process":                  {Holder{PID: os.Getpid(), UID: user + 1}, true},
		"the same program":              {Holder{PID: 1, Command: command, UID: user}, true},
		"the same, of another user":     {Holder{PID: 1, Command: command, UID: user + 1}, user == 0},
		"another program":               {Holder{PID: 1, Command: "plex", UID: user}, false},
		"one that must not be seen":     {Holder{UID: user}, false},
		"one whose name only begins so": {Holder{PID: 1, Command: command[:3], UID: user}, false},
	}
	for name, tt := range tests {
		if got := tt.holder.Ours(); tt.want != got {
			t.Errorf("%s: want %v, got %v", name, tt.want, got)
		}
	}
}

func TestHolderIsPrintable(t *testing.T) {
	h := Holder{PID: 7, Command: "a\x1b[2Jb\n", Local: netip.MustParseAddrPort("192.0.2.1:80")}
	if got := h.String(); strings.ContainsAny(got, "\x1b\n") || !strings.HasPrefix(got, "a?[2Jb? (pid 7") {
		t.Errorf("want what a terminal acts on replaced, got %q", got)
	}
}
