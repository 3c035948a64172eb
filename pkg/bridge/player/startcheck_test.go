package player

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

func TestStartCheck(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	reading := func(n int64) stream.Stats { return stream.Stats{Readers: 1, BytesRead: n, Behind: 1, FirstByte: start} }
	left := stream.Stats{BytesRead: 9, FirstByte: start}
	type seen struct {
		at    time.Duration
		stats stream.Stats
	}
	const s = time.Second
	cases := []struct {
		name   string
		check  startCheck
		looks  []seen
		plays  bool
		failed quirk.Evidence
	}{
		{"nothing yet", startCheck{}, []seen{{s, stream.Stats{}}}, false, quirk.EvidenceNone},
		{"Play takes long", startCheck{}, []seen{{19 * s, stream.Stats{}}}, false, quirk.EvidenceNone},
		{"accepted, not fetched", startCheck{accepted: start, noGET: s}, []seen{{s, stream.Stats{}}}, false, quirk.NeverFetched},
		{"not fetched yet", startCheck{accepted: start, noGET: 2 * s}, []seen{{s, stream.Stats{}}}, false, quirk.EvidenceNone},
		{"PLAYING, not fetched", startCheck{accepted: start, playing: start, noGET: s}, []seen{{s, stream.Stats{}}}, false, quirk.NeverFetched},
		{"fetched and counted", startCheck{accepted: start, playing: start, sounding: true}, []seen{{s, reading(5)}}, true, quirk.EvidenceNone},
		{"counted, not fetched", startCheck{accepted: start, playing: start, sounding: true, noGET: 2 * s}, []seen{{s, stream.Stats{}}}, false, quirk.EvidenceNone},
		{"fetched, not counted", startCheck{accepted: start, playing: start}, []seen{{s, reading(5)}, {readsFor, reading(6)}}, true, quirk.EvidenceNone},
		{"a probe", startCheck{accepted: start}, []seen{{s, left}, {2 * s, left}}, false, quirk.EvidenceNone},
		{"hung up", startCheck{accepted: start}, []seen{{s, left}, {s + closedAfter, left}}, false, quirk.ClosedEarly},
		{"hung up and came again", startCheck{accepted: start}, []seen{{s, left}, {2 * s, reading(9)}, {s + closedAfter, reading(10)}}, false, quirk.EvidenceNone},
		{"buffers, and fetches no more", startCheck{accepted: start}, []seen{{s, reading(5)}, {noPlayingAfter, reading(5)}}, false, quirk.NotPlaying},
		{"buffers for long", startCheck{accepted: start}, []seen{{s, reading(5)}, {noPlayingAfter, reading(6)}}, false, quirk.EvidenceNone},
		{"fetches for long and says nothing", startCheck{accepted: start}, []seen{{s, reading(5)}, {fetchesFor, reading(6)}}, true, quirk.EvidenceNone},
		{"PLAYING and stuck", startCheck{accepted: start, playing: start}, []seen{{s, reading(5)}, {noPlayingAfter, reading(5)}}, false, quirk.NoProgress},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := c.check
			for _, look := range c.looks {
				p.observe(look.stats, at(look.at))
			}
			plays, failed := p.judge(at(c.looks[len(c.looks)-1].at))
			if plays != c.plays || failed != c.failed {
				t.Errorf("want %v and %v, got %v and %v", c.plays, c.failed, plays, failed)
			}
		})
	}
}

func TestHowLongItMayTakeToFetch(t *testing.T) {
	cases := []struct {
		name  string
		known bool
		nth   int
		want  time.Duration
	}{
		{"nothing known", false, 1, noGETFirst},
		{"the second way", false, 2, noGETFirst + noGETMore},
		{"the last of many", false, 12, noGETKnown},
		{"it has played", true, 1, noGETKnown},
	}
	for _, c := range cases {
		if got := newStartCheck(c.known, c.nth).noGET; got != c.want {
			t.Errorf("%s: want %v, got %v", c.name, c.want, got)
		}
	}
}

func TestEndOfOneThatPlayed(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	reading := func(n int64) stream.Stats { return stream.Stats{Readers: 1, BytesRead: n, Behind: 1, FirstByte: start} }
	gone := stream.Stats{BytesRead: 5, FirstByte: start}
	cases := []struct {
		name  string
		looks []stream.Stats // checkPlayingEvery apart
		after time.Duration  // from the last look but one to the last, which is like it
		ended bool
	}{
		{"fetches", []stream.Stats{reading(1), reading(2)}, checkPlayingEvery, false},
		{"a pause between two bursts", []stream.Stats{reading(1), reading(2)}, stuckAfter - checkPlayingEvery, false},
		{"nothing to fetch", []stream.Stats{reading(2), {Readers: 1, BytesRead: 2, FirstByte: start}}, time.Hour, false},
		{"stuck", []stream.Stats{reading(1), reading(2)}, stuckAfter, true},
		{"comes again", []stream.Stats{reading(1), gone, reading(6)}, leftAfter, false},
		{"left a moment ago", []stream.Stats{reading(5), gone}, leftAfter - checkPlayingEvery, false},
		{"left", []stream.Stats{reading(5), gone}, leftAfter, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, now := startCheck{done: true}, start
			for _, s := range c.looks {
				now = now.Add(checkPlayingEvery)
				p.observe(s, now)
			}
			now = now.Add(c.after)
			p.observe(c.looks[len(c.looks)-1], now)
			if why := p.ended(now); (why != "") != c.ended {
				t.Errorf("want ended %v, got %q", c.ended, why)
			}
		})
	}
}
