package bridge

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

func TestProof(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	reading := func(n int64) stream.Stats { return stream.Stats{Readers: 1, BytesRead: n, FirstByte: start} }
	left := stream.Stats{BytesRead: 9, FirstByte: start}
	type seen struct {
		at    time.Duration
		stats stream.Stats
	}
	const s = time.Second
	cases := []struct {
		name   string
		proof  proof
		looks  []seen
		plays  bool
		failed quirk.Evidence
	}{
		{"nothing yet", proof{}, []seen{{s, stream.Stats{}}}, false, quirk.EvidenceNone},
		{"Play takes long", proof{}, []seen{{19 * s, stream.Stats{}}}, false, quirk.EvidenceNone},
		{"accepted, not fetched", proof{accepted: start}, []seen{{noGETAfter, stream.Stats{}}}, false, quirk.NoGET},
		{"PLAYING, not fetched", proof{accepted: start, playing: start}, []seen{{noGETAfter, stream.Stats{}}}, false, quirk.NoGET},
		{"fetched and counted", proof{accepted: start, playing: start, sounding: true}, []seen{{s, reading(5)}}, true, quirk.EvidenceNone},
		{"counted, not fetched", proof{accepted: start, playing: start, sounding: true}, []seen{{s, stream.Stats{}}}, false, quirk.EvidenceNone},
		{"fetched, not counted", proof{accepted: start, playing: start}, []seen{{s, reading(5)}, {readsFor, reading(6)}}, true, quirk.EvidenceNone},
		{"a probe", proof{accepted: start}, []seen{{s, left}, {2 * s, left}}, false, quirk.EvidenceNone},
		{"hung up", proof{accepted: start}, []seen{{s, left}, {s + closedAfter, left}}, false, quirk.EarlyClose},
		{"hung up and came again", proof{accepted: start}, []seen{{s, left}, {2 * s, reading(9)}, {s + closedAfter, reading(10)}}, false, quirk.EvidenceNone},
		{"buffers for ever", proof{accepted: start}, []seen{{s, reading(5)}, {noPlayingAfter, reading(6)}}, false, quirk.NoPlaying},
		{"PLAYING and stuck", proof{accepted: start, playing: start}, []seen{{s, reading(5)}, {noPlayingAfter, reading(5)}}, false, quirk.NoProgress},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := c.proof
			for _, look := range c.looks {
				p.look(look.stats, at(look.at))
			}
			plays, failed := p.judge(at(c.looks[len(c.looks)-1].at))
			if plays != c.plays || failed != c.failed {
				t.Errorf("want %v and %v, got %v and %v", c.plays, c.failed, plays, failed)
			}
		})
	}
}
