package renderer_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
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
			for _, p := range renderer.ParseProtocols(c.sink) {
				got = append(got, p.String())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("want %q, got %q", c.want, got)
			}
		})
	}
}

func TestSinkIsBounded(t *testing.T) {
	got := renderer.ParseProtocols(strings.Repeat("http-get:*:a/b:*,", 10000))
	if len(got) != 2048 {
		t.Errorf("want 2048 entries, got %d", len(got))
	}
}

func FuzzParseProtocols(f *testing.F) {
	f.Add("http-get:*:audio/mpeg:DLNA.ORG_PN=MP3,http-get:*:audio/L16;rate=44100;channels=2:*")
	f.Add(`a:b:c\,d:e\\,f`)
	f.Fuzz(func(t *testing.T, sink string) {
		all := renderer.ParseProtocols(sink)
		if len(all) > strings.Count(sink, ",")+1 {
			t.Fatalf("%d entries out of %q", len(all), sink)
		}
		codec, info := renderer.Choose(all, nil)
		if codec == audio.CodecUnknown || info.MIME == "" {
			t.Fatalf("nothing chosen from %q", sink)
		}
	})
}

// gmediarender is what gmrender-resurrect 0.1 on GStreamer 1.22 lists, shortened.
const gmediarender = "http-get:*:audio/mpeg:*,http-get:*:audio/x-wav:*,http-get:*:audio/x-flac:*," +
	"http-get:*:audio/L16;rate=44100;channels=1:*,http-get:*:audio/L16;rate=44100;channels=2:*"

func TestChoose(t *testing.T) {
	const dlna = "DLNA.ORG_OP=00;DLNA.ORG_CI=0;DLNA.ORG_FLAGS=0d500000000000000000000000000000"
	codecs := func(c ...audio.Codec) []audio.Codec { return c }
	cases := []struct {
		name   string
		sink   string
		wanted []audio.Codec
		codec  audio.Codec
		info   string
	}{
		{"the Sink's spelling", gmediarender, nil, audio.FLAC, "http-get:*:audio/x-flac:" + dlna},
		{"order of wishes", gmediarender, codecs(audio.WAV, audio.FLAC), audio.WAV, "http-get:*:audio/x-wav:" + dlna},
		{"L16 of our rate", gmediarender, codecs(audio.L16), audio.L16, "http-get:*:audio/L16;rate=44100;channels=2:DLNA.ORG_PN=LPCM;" + dlna},
		{"MP3 has a profile", gmediarender, codecs(audio.MP3), audio.MP3, "http-get:*:audio/mpeg:DLNA.ORG_PN=MP3;" + dlna},
		{"L16 without a rate", "http-get:*:audio/l16:*", nil, audio.L16, "http-get:*:audio/l16;rate=44100;channels=2:DLNA.ORG_PN=LPCM;" + dlna},
		{"L16 of another rate only", "http-get:*:audio/L16;rate=48000;channels=2:*,http-get:*:audio/mpeg:*", nil, audio.MP3, "http-get:*:audio/mpeg:DLNA.ORG_PN=MP3;" + dlna},
		{"usual spelling preferred", "http-get:*:audio/x-wav:*,http-get:*:audio/WAV:*", nil, audio.WAV, "http-get:*:audio/WAV:" + dlna},
		{"not over HTTP", "rtsp-rtp-udp:*:audio/flac:*,http-get:*:audio/wav:*", nil, audio.WAV, "http-get:*:audio/wav:" + dlna},
		{"wildcard", "http-get:*:*:*", nil, audio.FLAC, "http-get:*:audio/flac:" + dlna},
		{"listed before wildcard", "http-get:*:audio/*:*,http-get:*:audio/x-flac:*", nil, audio.FLAC, "http-get:*:audio/x-flac:" + dlna},
		{"empty Sink", "", nil, audio.WAV, "http-get:*:audio/wav:" + dlna},
		{"empty Sink, no WAV wanted", "", codecs(audio.MP3, audio.L16), audio.MP3, "http-get:*:audio/mpeg:DLNA.ORG_PN=MP3;" + dlna},
		{"nothing of ours listed", "http-get:*:video/mp4:*", codecs(audio.L16), audio.L16, "http-get:*:audio/L16;rate=44100;channels=2:DLNA.ORG_PN=LPCM;" + dlna},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			codec, info := renderer.Choose(renderer.ParseProtocols(c.sink), c.wanted)
			if codec != c.codec || info.String() != c.info {
				t.Errorf("want %v %q, got %v %q", c.codec, c.info, codec, info)
			}
		})
	}
}
