package mdns

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/miekg/dns"
)

func TestLabel(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain", "AABBCCDDEEFF@Living Room", "AABBCCDDEEFF@Living Room"},
		{"empty", "", ""},
		{"63 bytes", strings.Repeat("a", 63), strings.Repeat("a", 63)},
		{"64 bytes", strings.Repeat("a", 64), strings.Repeat("a", 63)},
		{"umlaut across the border", strings.Repeat("a", 62) + "ü", strings.Repeat("a", 62)},
		{"umlaut before the border", strings.Repeat("a", 61) + "üb", strings.Repeat("a", 61) + "ü"},
		{"emoji across the border", strings.Repeat("a", 60) + "🎵🎵", strings.Repeat("a", 60)},
		{"broken UTF-8", "a\xffb", "a\uFFFDb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Label(tt.text); got != tt.want {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
}

func TestNextName(t *testing.T) {
	long := strings.Repeat("a", 59) + "ü" // 61 bytes
	tests := []struct {
		name string
		next func(string) string
		from string
		want string
	}{
		{"instance", nextInstance, "Kitchen", "Kitchen (2)"},
		{"instance, second time", nextInstance, "Kitchen (2)", "Kitchen (3)"},
		{"instance, one more digit", nextInstance, "Kitchen (9)", "Kitchen (10)"},
		{"instance, number in the name", nextInstance, "Room 2", "Room 2 (2)"},
		{"instance, no number in brackets", nextInstance, "Room (x)", "Room (x) (2)"},
		{"instance, long", nextInstance, long, strings.Repeat("a", 59) + " (2)"},
		{"instance, huge number", nextInstance, "a (99999999)", "a (99999999) (2)"},
		{"host", nextHost, "nas", "nas-2"},
		{"host, second time", nextHost, "nas-2", "nas-3"},
		{"host, long", nextHost, strings.Repeat("h", 63), strings.Repeat("h", 61) + "-2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.next(tt.from)
			if got != tt.want {
				t.Errorf("want %q, got %q", tt.want, got)
			}
			if len(got) > maxLabelBytes {
				t.Errorf("%q has %d bytes", got, len(got))
			}
		})
	}
}

// wireName packs a name and gives what miekg/dns reads back.
func wireName(t *testing.T, name string) (wire []byte, back string) {
	t.Helper()
	buf := make([]byte, 300)
	n, err := dns.PackDomainName(name, buf, 0, nil, false)
	if err != nil {
		t.Fatalf("pack %q: %v", name, err)
	}
	back, _, err = dns.UnpackDomainName(buf[:n], 0)
	if err != nil {
		t.Fatalf("unpack %q: %v", name, err)
	}
	return buf[:n], back
}

func checkName(t *testing.T, label string) {
	t.Helper()
	name := instanceName(label, "_raop._tcp")
	wire, back := wireName(t, name)
	if back != name {
		t.Errorf("%q comes back from the wire as %q", name, back)
	}
	if want := append([]byte{byte(len(label))}, label...); !bytes.HasPrefix(wire, want) {
		t.Errorf("%q is not on the wire as it is: %x", label, wire)
	}
}

func TestInstanceNameOnTheWire(t *testing.T) {
	for _, label := range []string{
		"AABBCCDDEEFF@Living Room", `a.b\c"d'e;f(g)h@i j`, "Küche 🎵", "\x00\x1f\x7f", "255\\255", "\\", ".",
	} {
		checkName(t, label)
	}
}

func FuzzLabel(f *testing.F) {
	for _, s := range []string{"AABBCCDDEEFF@Living Room", "", "ü\xff", strings.Repeat("🎵", 40), `\.`, "a (2)", "b-2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		label := Label(text)
		if len(label) > maxLabelBytes || !utf8.ValidString(label) {
			t.Fatalf("label %q of %d bytes", label, len(label))
		}
		if label == "" {
			return
		}
		checkName(t, label)
		for _, next := range []func(string) string{nextInstance, nextHost} {
			renamed := next(label)
			if renamed == label || len(renamed) > maxLabelBytes || !utf8.ValidString(renamed) {
				t.Fatalf("%q after %q", renamed, label)
			}
		}
	})
}
