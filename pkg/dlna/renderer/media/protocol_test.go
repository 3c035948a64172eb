package media_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/media"
)

func TestParseProtocols(t *testing.T) {
	cases := []struct {
		name, sink string
		want       []string
	}{
		{"empty", "", nil},
		{"one", "http-get:*:audio/mpeg:DLNA.ORG_PN=MP3", []string{"http-get:*:audio/mpeg:DLNA.ORG_PN=MP3"}},
		{"blanks, newline, empty entry", " http-get:*:audio/flac:* ,,\n http-get:*: audio/wav :*",
			[]string{"http-get:*:audio/flac:*", "http-get:*:audio/wav:*"}},
		{"comma in an entry", `http-get:*:audio/L16:A=1\,2,http-get:*:audio/wav:*`,
			[]string{"http-get:*:audio/L16:A=1,2", "http-get:*:audio/wav:*"}},
		{"colon in the fourth field", "http-get:*:audio/mpeg:A:B", []string{"http-get:*:audio/mpeg:A:B"}},
		{"three fields", "http-get:*:audio/mpeg", []string{"http-get:*:audio/mpeg:*"}},
		{"empty fourth field", "http-get:*:audio/mpeg:", []string{"http-get:*:audio/mpeg:*"}},
		{"nonsense", "audio/mpeg,http-get:*::*", nil},
		{"backslash at the end", `http-get:*:audio/wav:x\`, []string{`http-get:*:audio/wav:x\`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, p := range media.ParseProtocols(c.sink) {
				got = append(got, p.String())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("want %q, got %q", c.want, got)
			}
		})
	}
}

func TestSinkIsBounded(t *testing.T) {
	got := media.ParseProtocols(strings.Repeat("http-get:*:a/b:*,", 10000))
	if len(got) != 2048 {
		t.Errorf("want 2048 entries, got %d", len(got))
	}
}

func FuzzParseProtocols(f *testing.F) {
	f.Add("http-get:*:audio/mpeg:DLNA.ORG_PN=MP3,http-get:*:audio/L16;rate=44100;channels=2:*")
	f.Add(`a:b:c\,d:e\\,f`)
	f.Fuzz(func(t *testing.T, sink string) {
		all := media.ParseProtocols(sink)
		if len(all) > strings.Count(sink, ",")+1 {
			t.Fatalf("%d entries out of %q", len(all), sink)
		}
	})
}
