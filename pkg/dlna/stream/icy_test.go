package stream_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

const icyInterval = 16000

func mp3Options() stream.Options {
	return stream.Options{Codec: audio.MP3, ContentType: "audio/mpeg", Name: "Küche\r\nX: y"}
}

// split separates an answer into the sound and the text of each block of metadata.
func split(t *testing.T, r io.Reader) (sound []byte, blocks []string) {
	t.Helper()
	for {
		piece, err := io.ReadAll(io.LimitReader(r, icyInterval))
		if err != nil {
			t.Fatal(err)
		}
		sound = append(sound, piece...)
		if len(piece) < icyInterval {
			return sound, blocks
		}
		var units [1]byte
		if _, err := io.ReadFull(r, units[:]); err != nil {
			t.Fatalf("no block after %d bytes: %v", len(sound), err)
		}
		text := make([]byte, 16*int(units[0]))
		if _, err := io.ReadFull(r, text); err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, strings.TrimRight(string(text), "\x00"))
	}
}

// TestMetadataWithinTheSound: without the blocks the answer is the same as without
// metadata, and a title is sent once, with the next block.
func TestMetadataWithinTheSound(t *testing.T) {
	s, addr := serve(t, stream.ServerOptions{})
	st := s.Open(mp3Options())
	defer st.Discard()
	var want []byte
	play := func(bytes int) {
		for ; bytes > 0; bytes -= 1000 {
			chunk := make([]byte, 1000)
			for i := range chunk {
				chunk[i] = byte((len(want) + i) * 7)
			}
			want = append(want, chunk...)
			if err := st.Write(chunk, 1152); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, titled := request(t, addr, get(st.Path(), "Icy-MetaData: 1"))
	headers := strings.Split(head(t, titled), "\r\n")
	for _, line := range []string{"icy-metaint: 16000", "icy-name: Küche  X: y"} {
		if !slices.Contains(headers, line) {
			t.Errorf("no line %q in %q", line, headers)
		}
	}
	var answer bytes.Buffer
	fetch := func(n int64) {
		t.Helper()
		if _, err := io.CopyN(&answer, titled, n); err != nil {
			t.Fatal(err)
		}
	}
	wanted := []string{"", "StreamTitle='Ol’ Man’s \"River\"';", "", "StreamTitle='🎷 Ünderground';"}
	play(20_000)
	fetch(16_001) // no title yet: an empty block
	for _, title := range []string{"Ol' Man's \"River\"", "Ol' Man's \"River\"", "🎷 Ünderground"} {
		st.SetTitle(title)
		play(16_000)
		fetch(16_001)
	}
	texts := 0
	for _, text := range wanted {
		texts += (len(text) + 15) / 16 * 16
	}
	fetch(int64(len(want)+len(wanted)+texts) - int64(answer.Len())) // each block has a byte for its length
	sound, blocks := split(t, &answer)
	if !bytes.Equal(sound, want) {
		t.Errorf("want the %d bytes written, got other %d", len(want), len(sound))
	}
	if !slices.Equal(blocks, wanted) {
		t.Errorf("want blocks %q, got %q", wanted, blocks)
	}

	_, plain := request(t, addr, get(st.Path()))
	if text := head(t, plain); strings.Contains(strings.ToLower(text), "icy-") {
		t.Errorf("not asked for: %s", text)
	}
	wantBytes(t, plain, string(want))
}

func TestWhoGetsMetadata(t *testing.T) {
	s, addr := serve(t, stream.ServerOptions{})
	mp3, wav := s.Open(mp3Options()), s.Open(wavOptions())
	withLength := mp3Options()
	withLength.Length = settings.LengthFake
	sized := s.Open(withLength)
	defer sized.Discard()
	defer mp3.Discard()
	defer wav.Discard()
	write(t, mp3, "sound")
	write(t, sized, "sound")
	const asks = "Icy-MetaData: 1"
	cases := []struct {
		name, request string
		want          bool
	}{
		{"asks", get(mp3.Path(), asks), true},
		{"asks in another case", get(mp3.Path(), "icy-metadata:1 "), true},
		{"looks first", strings.Replace(get(mp3.Path(), asks), "GET", "HEAD", 1), true},
		{"asks for all as a range", get(mp3.Path(), asks, "Range: bytes=0-"), true},
		{"asks for all as a range of a length", get(sized.Path(), asks, "Range: bytes=0-"), true},
		{"does not ask", get(mp3.Path()), false},
		{"asks for none", get(mp3.Path(), "Icy-MetaData: 0"), false},
		{"asks for a piece", get(mp3.Path(), asks, "Range: bytes=0-1"), false},
		{"goes on somewhere", get(mp3.Path(), asks, "Range: bytes=2-"), false},
		{"another codec", get(wav.Path(), asks), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, r := request(t, addr, c.request)
			if text := head(t, r); strings.Contains(text, "\r\nicy-metaint: ") != c.want {
				t.Errorf("want metadata %v, got %s", c.want, text)
			}
		})
	}
}

// TestLongTitle: a title of 1 KiB and one of more than a block can hold, in a real
// answer.
func TestLongTitle(t *testing.T) {
	s, addr := serve(t, stream.ServerOptions{})
	for _, c := range []struct{ given, want string }{
		{strings.Repeat("x", 1024), strings.Repeat("x", 1024)},
		{strings.Repeat("é", 3000), strings.Repeat("é", 2032)},
	} {
		st := s.Open(mp3Options())
		st.SetTitle(c.given)
		if err := st.Write(make([]byte, icyInterval), 1152); err != nil {
			t.Fatal(err)
		}
		_, r := request(t, addr, get(st.Path(), "Icy-MetaData: 1"))
		head(t, r)
		text := "StreamTitle='" + c.want + "';"
		_, blocks := split(t, io.LimitReader(r, int64(icyInterval+1+(len(text)+15)/16*16)))
		if len(blocks) != 1 || blocks[0] != text {
			t.Errorf("want a title of %d bytes, got %d blocks: %q", len(c.want), len(blocks), blocks)
		}
		st.Discard()
	}
}
