package raop

import (
	"testing"
	"time"
)

// TestNowPlayingMerges tells one thing after another, as a phone does in the
// course of two tracks, and names what is new.
func TestNowPlayingMerges(t *testing.T) {
	cover, other := Artwork{Type: "image/jpeg", Data: []byte("a")}, Artwork{Type: "image/jpeg", Data: []byte("b")}
	second := Track{Title: "Second"}
	var now NowPlaying
	for i, step := range []struct {
		event   Event
		changed bool
		want    NowPlaying
	}{
		{Play{}, false, NowPlaying{}},
		{Progress{At: begin}, false, NowPlaying{Progress: Progress{At: begin}}}, // PipeWire's 0/0/0
		{Metadata{Track: fullTrack}, true, NowPlaying{Track: fullTrack, Progress: Progress{At: begin}}},
		{Metadata{Track: fullTrack}, false, NowPlaying{Track: fullTrack, Progress: Progress{At: begin}}},
		{Metadata{State: PlayStatePaused}, true, NowPlaying{Track: fullTrack, State: PlayStatePaused, Progress: Progress{At: begin}}},
		{Artwork{}, false, NowPlaying{Track: fullTrack, State: PlayStatePaused, Progress: Progress{At: begin}}},
		{cover, true, NowPlaying{Track: fullTrack, State: PlayStatePaused, Artwork: cover, Serial: 1, Progress: Progress{At: begin}}},
		{Artwork{Type: "image/jpeg", Data: []byte("a")}, false, NowPlaying{Track: fullTrack, State: PlayStatePaused, Artwork: cover, Serial: 1, Progress: Progress{At: begin}}},
		{Flush{}, false, NowPlaying{Track: fullTrack, State: PlayStatePaused, Artwork: cover, Serial: 1, Progress: Progress{At: begin}}},
		{Volume{}, false, NowPlaying{Track: fullTrack, State: PlayStatePaused, Artwork: cover, Serial: 1, Progress: Progress{At: begin}}},
		{Metadata{Track: second}, true, NowPlaying{Track: second, State: PlayStatePaused, Artwork: cover, Serial: 1, Progress: Progress{At: begin}}},
		{other, true, NowPlaying{Track: second, State: PlayStatePaused, Artwork: other, Serial: 2, Progress: Progress{At: begin}}},
		{Artwork{}, true, NowPlaying{Track: second, State: PlayStatePaused, Serial: 3, Progress: Progress{At: begin}}},
		{Teardown{}, true, NowPlaying{Serial: 3}},
		{Teardown{}, false, NowPlaying{Serial: 3}},
		{cover, true, NowPlaying{Artwork: cover, Serial: 4}},
	} {
		if changed := now.Merge(step.event); changed != step.changed {
			t.Errorf("step %d, %T: want changed %v, got %v", i, step.event, step.changed, changed)
		}
		if !sameNowPlaying(now, step.want) {
			t.Errorf("step %d, %T: want %+v, got %+v", i, step.event, step.want, now)
		}
	}
}

func sameNowPlaying(a, b NowPlaying) bool {
	return a.Track == b.Track && a.State == b.State && a.Serial == b.Serial && a.Progress == b.Progress &&
		a.Artwork.Type == b.Artwork.Type && string(a.Artwork.Data) == string(b.Artwork.Data)
}

func TestProgressIsNewOnlyWhenItJumps(t *testing.T) {
	const length = 3 * time.Minute
	for _, test := range []struct {
		name string
		next Progress
		want bool
	}{
		{"the same again", Progress{At: begin, Elapsed: time.Minute, Length: length}, false},
		{"played on", Progress{At: begin.Add(10 * time.Second), Elapsed: 70 * time.Second, Length: length}, false},
		{"played on, rounded", Progress{At: begin.Add(10 * time.Second), Elapsed: 71 * time.Second, Length: length}, false},
		{"at the end", Progress{At: begin.Add(time.Hour), Elapsed: length, Length: length}, false},
		{"seek", Progress{At: begin.Add(10 * time.Second), Elapsed: 100 * time.Second, Length: length}, true},
		{"paused meanwhile", Progress{At: begin.Add(10 * time.Second), Elapsed: time.Minute, Length: length}, true},
		{"another length", Progress{At: begin, Elapsed: time.Minute, Length: length + 1}, true},
	} {
		now := NowPlaying{Progress: Progress{At: begin, Elapsed: time.Minute, Length: length}}
		if got := now.Merge(test.next); got != test.want {
			t.Errorf("%s: want %v, got %v", test.name, test.want, got)
		}
		if now.Progress != test.next {
			t.Errorf("%s: want %+v kept, got %+v", test.name, test.next, now.Progress)
		}
	}
}

func TestArtworkIsSniffed(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"JPEG", "\xff\xd8\xff\xe0 and so on", "image/jpeg"},
		{"PNG", "\x89PNG\r\n\x1a\nand so on", "image/png"},
		{"GIF", "GIF89a", "image/gif"},
		{"WebP", "RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"},
		{"sound in the same container", "RIFF\x10\x00\x00\x00WAVEfmt ", ""},
		{"container cut off", "RIFF\x10", ""},
		{"nothing", "", ""},
		{"a page", "<html><script>", ""},
		{"a drawing with programs", "<svg xmlns=\"http://www.w3.org/2000/svg\">", ""},
		{"too large", "\xff\xd8\xff" + string(make([]byte, maxArtworkBytes)), ""},
	} {
		got := artworkOf([]byte(test.body))
		if got.Type != test.want || (got.Data != nil) != (test.want != "") {
			t.Errorf("%s: want %q, got %q with %d bytes", test.name, test.want, got.Type, len(got.Data))
		}
	}
}

func TestPlayStateNames(t *testing.T) {
	if got := PlayStatePaused.String() + PlayState(9).String(); got != "pausedPlayState(9)" {
		t.Errorf("got %q", got)
	}
}
