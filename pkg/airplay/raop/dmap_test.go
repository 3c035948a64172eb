package raop

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf8"
)

// tag appends one DMAP tag.
func tag(code, value string) string {
	return code + string(binary.BigEndian.AppendUint32(nil, uint32(len(value)))) + value
}

// Captured from airtunes2: a title in Latin-1.
var airtunesDMAP = tag("mlit", tag("minm", "T\xebst")+tag("asar", "Artist")+tag("asal", "Album"))

var fullDMAP = tag("mikd", "\x02") + tag("mlit",
	tag("minm", "Für Elise\x00")+tag("asar", "Ludwig")+tag("asal", "Best of")+tag("asaa", "Various")+
		tag("ascp", "van Beethoven")+tag("asgn", "Classical")+tag("astm", "\x00\x02\xbf\x20")+
		tag("astn", "\x00\x07")+tag("asdn", "\x00\x01")+tag("mper", "\x01\x02\x03\x04\x05\x06\x07\x08")+
		tag("asdk", "\x01")+tag("caps", "\x04")+tag("xxxx", "?")+
		tag("miid", "\x00\x01\x00\x02")+tag("asyr", "\x07\xd0")+tag("asbr", "\x01\x40")+tag("assr", "\x00\x00\xbb\x80")+
		tag("asul", "http://radio.example/1")+tag("ascm", "Bagatelle")) + "\x00"

var fullTrack = Track{Title: "Für Elise", Artist: "Ludwig", Album: "Best of"}

func TestParseDMAP(t *testing.T) {
	for _, test := range []struct {
		name, body string
		want       Track
	}{
		{"empty", "", Track{}},
		{"airtunes2", airtunesDMAP, Track{Title: "Tëst", Artist: "Artist", Album: "Album"}},
		{"all fields", fullDMAP, fullTrack},
		{"bare tags", tag("minm", "A") + tag("asar", "B"), Track{Title: "A", Artist: "B"}},
		{"length beyond the body", "minm\xff\xff\xff\xffTitle", Track{Title: "Title"}},
		{"length beyond the container", tag("mlit", "minm\x00\x00\x01\x00Title") + tag("asar", "B"), Track{Title: "Title", Artist: "B"}},
		{"too deep", tag("mlit", tag("mlit", tag("mlit", tag("mlit", tag("mlit", tag("minm", "A")))))), Track{}},
		{"long text cut at a rune", tag("minm", strings.Repeat("é", maxTextBytes)), Track{Title: strings.Repeat("é", maxTextBytes/2)}},
		{"long text cut within a rune", tag("minm", "x"+strings.Repeat("é", maxTextBytes)), Track{Title: "x" + strings.Repeat("é", maxTextBytes/2-1)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := parseDMAP([]byte(test.body)).track; got != test.want {
				t.Errorf("want %+v\ngot  %+v", test.want, got)
			}
		})
	}
}

func TestPlayStateIsRead(t *testing.T) {
	for body, want := range map[string]PlayState{
		fullDMAP:                PlayStatePlaying,
		tag("cmst", "\x02"):     PlayStateStopped,
		tag("caps", "\x00\x03"): PlayStatePaused,
		tag("caps", "\x09"):     PlayStateUnknown,
		tag("caps", ""):         PlayStateUnknown,
		tag("caps", "\x00\x00\x00\x00\x00\x00\x00\x03\x09"): PlayStatePaused, // the first eight bytes
		tag("minm", "no state"):                             PlayStateUnknown,
	} {
		if got := parseDMAP([]byte(body)).state; got != want {
			t.Errorf("%q: want %v, got %v", body, want, got)
		}
	}
}

func TestParseDMAPTruncated(t *testing.T) {
	for n := range len(fullDMAP) {
		checkDMAP(t, []byte(fullDMAP[:n]))
	}
}

// checkDMAP tests what must hold for any body.
func checkDMAP(t *testing.T, body []byte) {
	t.Helper()
	track := parseDMAP(body).track
	for _, text := range []string{track.Title, track.Artist, track.Album} {
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") || len(text) > 2*maxTextBytes {
			t.Errorf("%q: text %q", body, text)
		}
	}
}

func FuzzParseDMAP(f *testing.F) {
	f.Add([]byte(airtunesDMAP))
	f.Add([]byte(fullDMAP))
	f.Fuzz(func(t *testing.T, body []byte) { checkDMAP(t, body) })
}
