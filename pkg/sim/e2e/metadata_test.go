package e2e_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// titleBytes bounds each text that is shown.
const titleBytes = 1 << 10

// A didlItem is what a speaker can show of a DIDL-Lite document.
type didlItem struct {
	Title  string `xml:"item>title"`
	Artist string `xml:"item>artist"`
	Album  string `xml:"item>album"`
	Cover  string `xml:"item>albumArtURI"`
}

// lastItem is the metadata with the URI that a speaker got last.
func lastItem(t *testing.T, s *speaker.Speaker) (item didlItem) {
	t.Helper()
	calls := s.Calls()
	slices.Reverse(calls)
	for _, call := range calls {
		for _, arg := range call.Args {
			if arg.Name == "CurrentURIMetaData" {
				must(t, xml.Unmarshal([]byte(arg.Value), &item))
				return item
			}
		}
	}
	t.Fatal("want a URI with metadata at the speaker")
	return item
}

// picture is a JPEG file for all that looks at its beginning.
func picture(size int) []byte {
	b := make([]byte, size)
	rng := rand.New(rand.NewPCG(1, uint64(size)))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return append([]byte{0xff, 0xd8, 0xff, 0xe0}, b[4:]...)
}

// download gives what is at a URL.
func download(t *testing.T, url string) (contentType string, body []byte) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	must(t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err = io.ReadAll(answer.Body)
	must(t, err)
	if answer.StatusCode != http.StatusOK {
		t.Errorf("%s: want the picture, got %s", url, answer.Status)
	}
	return answer.Header.Get("Content-Type"), body
}

// What a sender tells of its music stands in what the speaker gets with the
// stream, and the picture where that says.
func TestMetadataAtTheSpeaker(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen"})
	kitchen := sim.Speakers[0]
	to := sim.waitOffered("Kitchen")
	long := strings.Repeat("é", titleBytes/2)
	cases := []struct {
		name  string
		given sender.Metadata
		shown sender.Metadata
		cover []byte // as given
		kept  bool
	}{
		{"plain", sender.Metadata{Title: "Song", Artist: "Band", Album: "Disc"}, sender.Metadata{Title: "Song", Artist: "Band", Album: "Disc"}, picture(20_000), true},
		{"quotes and brackets", sender.Metadata{Title: `"It's" <b> & 'that' ]]>`, Artist: "A & B", Album: `&amp;`},
			sender.Metadata{Title: `"It's" <b> & 'that' ]]>`, Artist: "A & B", Album: `&amp;`}, nil, false},
		{"emoji", sender.Metadata{Title: "🎶 Größe ☃", Artist: "👩🏽‍🎤"}, sender.Metadata{Title: "🎶 Größe ☃", Artist: "👩🏽‍🎤"}, nil, false},
		{"1 KiB", sender.Metadata{Title: long, Artist: long, Album: long}, sender.Metadata{Title: long, Artist: long, Album: long}, nil, false},
		{"more than that", sender.Metadata{Title: long + "and so on"}, sender.Metadata{Title: long}, nil, false},
		{"no title", sender.Metadata{Artist: "Band"}, sender.Metadata{Title: "Kitchen", Artist: "Band"}, nil, false},
		{"a cover of 3 MB", sender.Metadata{Title: "x"}, sender.Metadata{Title: "x"}, picture(3_000_000), true},
		{"a cover that is too large", sender.Metadata{Title: "x"}, sender.Metadata{Title: "x"}, picture(6_000_000), false},
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			sim := sim.forSubtest(t)
			plays := countCalls(kitchen, "Play")
			from := sim.connectSender(to, sender.Options{})
			must(t, from.SetMetadata(t.Context(), c.given))
			if c.cover != nil {
				must(t, from.SetArtwork(t.Context(), "image/jpeg", c.cover))
			}
			from.sendUntil(testMusic(i, waitTimeout), "it plays", func() bool { return countCalls(kitchen, "Play") > plays })
			got := lastItem(t, kitchen)
			if shown := (sender.Metadata{Title: got.Title, Artist: got.Artist, Album: got.Album}); shown != c.shown {
				t.Errorf("want %q, got %q", c.shown, shown)
			}
			if (got.Cover != "") != c.kept {
				t.Errorf("want a cover %v, got %q", c.kept, got.Cover)
			}
			if c.kept {
				kind, body := download(t, got.Cover)
				if kind != "image/jpeg" || !bytes.Equal(body, c.cover) {
					t.Errorf("want the JPEG of %d bytes, got %s of %d", len(c.cover), kind, len(body))
				}
			}
			must(t, from.Teardown(t.Context()))
			sim.eventually("the session ends", func() bool { return sim.snapshot(to.UDN).State() == player.StateIdle })
		})
	}
}

// A player that asks for titles inside the stream gets each new one, and the
// sound goes on.
func TestTitlesInsideTheStream(t *testing.T) {
	t.Parallel()
	radio, _ := speaker.FindProfile("icy")
	sim := startSimulation(t, []string{longLatency}, radio.On(speaker.Options{Name: "Kitchen", StartBuffer: time.Second}))
	kitchen := sim.Speakers[0]
	from := sim.connectSender(sim.waitOffered("Kitchen"), sender.Options{})
	tracks := []struct {
		given sender.Metadata
		want  string
	}{
		{sender.Metadata{Title: "First", Artist: "Band"}, "Band - First"},
		{sender.Metadata{Title: "It's 🎶", Artist: "A & B"}, "A & B - It’s 🎶"},
		{sender.Metadata{Title: strings.Repeat("x", titleBytes)}, strings.Repeat("x", titleBytes)},
	}
	music := testMusic(1, 2*waitTimeout)
	sent := 0
	var want []string
	for _, track := range tracks {
		must(t, from.SetMetadata(t.Context(), track.given))
		want = append(want, track.want)
		sent += from.sendUntil(music[sent:], "the title at the speaker", func() bool {
			_, titles := kitchen.ICY()
			return slices.Equal(titles, want)
		})
	}
	from.sendUntil(music[sent:], "a second more", func() bool { return kitchen.Position() > 3*time.Second })
	if station, titles := kitchen.ICY(); station != "Kitchen" || !slices.Equal(titles, want) {
		t.Errorf("want %q of Kitchen, got %q of %q", want, titles, station)
	}
	s := kitchen.Stats()
	if s.Requests != 1 || countCalls(kitchen, "SetAVTransportURI") != 1 {
		t.Errorf("want one stream, got %d requests for %d", s.Requests, countCalls(kitchen, "SetAVTransportURI"))
	}
	if s.Underruns != 0 {
		t.Errorf("want no break in the sound, got %d of %v", s.Underruns, s.Starved)
	}
}
