package speaker

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// icyBlock is a block of metadata with a title.
func icyBlock(title string) string {
	text := "StreamTitle='" + title + "';"
	units := (len(text) + icyUnit - 1) / icyUnit
	return string(rune(units)) + text + strings.Repeat("\x00", units*icyUnit-len(text))
}

func TestICY(t *testing.T) {
	cases := []struct {
		name, interval, body string
		sound                string
		titles               []string
		fault                bool
	}{
		{"none", "", "sound", "sound", nil, false},
		{"a title, then the same, then another", "2", "so" + icyBlock("It’s \U0001F3B6; x") + "un\x00d!" + icyBlock("b") + ".", "sound!.", []string{"It’s \U0001F3B6; x", "b"}, false},
		{"ends with a block", "5", "sound\x00", "sound", nil, false},
		{"no title in it", "5", "sound\x01" + strings.Repeat("x", icyUnit), "sound", nil, true},
		{"cut in a block", "5", "sound\x02StreamTi", "sound", nil, true},
		{"an interval that is none", "0", "sound", "", nil, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := &player{out: newOutput(nil, 0)}
			resp := &http.Response{Header: http.Header{}, Body: io.NopCloser(iotest.OneByteReader(strings.NewReader(c.body)))}
			if c.interval != "" {
				resp.Header.Set("icy-metaint", c.interval)
				resp.Header.Set("icy-name", "Kitchen")
			}
			var got []byte
			r, err := p.withoutICY(resp)
			if err == nil {
				got, err = io.ReadAll(r)
			}
			if !bytes.Equal(got, []byte(c.sound)) || (err != nil) != c.fault {
				t.Errorf("want %q, fault %v, got %q, %v", c.sound, c.fault, got, err)
			}
			if station, titles := p.out.icy(); !slices.Equal(titles, c.titles) || !c.fault && (station != "") != (c.interval != "") {
				t.Errorf("want titles %q, got %q of %q", c.titles, titles, station)
			}
		})
	}
}
