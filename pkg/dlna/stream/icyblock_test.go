package stream

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestICYBlock(t *testing.T) {
	cases := []struct{ name, title, want string }{
		{"none", "", "\x01StreamTitle='';\x00"},
		{"fills its unit", "Two more chars..?", "\x02StreamTitle='Two more chars..?';"},
		{"one more", "Two more chars...?", "\x03StreamTitle='Two more chars...?';" + strings.Repeat("\x00", 15)},
		{"quotes", `'a';"b"`, "\x02StreamTitle='’a’;\"b\"';" + strings.Repeat("\x00", 6)},
		{"lines", "a\r\nb\x00c", "\x02StreamTitle='a  b c';" + strings.Repeat("\x00", 11)},
		{"not UTF-8", "a\xff\xfeb", "\x02StreamTitle='a�b';" + strings.Repeat("\x00", 12)},
	}
	for _, c := range cases {
		if got := string(appendICY([]byte("before"), c.title)); got != "before"+c.want {
			t.Errorf("%s: want %q, got %q", c.name, c.want, got)
		}
	}
}

// FuzzICYBlock: whatever the title, a player finds the block's end and, between
// the first quote and the next, valid text.
func FuzzICYBlock(f *testing.F) {
	for _, seed := range []string{"", "plain", "it's", "';", "🎷", "\xff", strings.Repeat("é", 3000), strings.Repeat("'", 2000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, title string) {
		b := appendICY(nil, title)
		if len(b) != 1+int(b[0])*icyUnit {
			t.Fatalf("a block of %d bytes says %d units", len(b), b[0])
		}
		text := string(bytes.TrimRight(b[1:], "\x00"))
		inner, ok := strings.CutPrefix(text, icyOpen)
		if !ok {
			t.Fatalf("want a title, got %q", text)
		}
		inner, after, ok := strings.Cut(inner, "'")
		if !ok || after != ";" || !utf8.ValidString(inner) || strings.ContainsAny(inner, "\x00\r\n") {
			t.Fatalf("want one quoted text, got %q", text)
		}
	})
}
