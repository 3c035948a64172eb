package bridge

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// What is complete is passed on early; a packet that is missing, or all of them,
// are waited for as long as the latency says.
func TestPipelineWaitsForWhatIsMissing(t *testing.T) {
	const frames = packetFrames
	cases := []struct {
		name   string
		late   time.Duration // of the second packet, behind the first one's sending
		others bool          // packets come behind it meanwhile
		heard  bool
	}{
		{"a packet that is late", lateness - 60*time.Millisecond, true, true},
		{"a packet that is too late", lateness + 60*time.Millisecond, true, false},
		{"a network that stands still", lateness - 60*time.Millisecond, false, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			runLine(t, func(l *line) {
				l.listen()
				l.send(1)
				lead := l.open()
				seq, at, sent := l.seq, l.at, time.Now()
				l.skip()
				if c.others {
					for time.Since(sent) < c.late {
						l.send(3)
					}
				} else {
					l.pass(c.late)
				}
				l.push(raop.Packet{Seq: seq, Timestamp: at, Resent: true, Arrival: time.Now(), Payload: payload(2, false)})
				l.pass(2 * lateness)
				heard := false
				for _, s := range l.stretches() {
					heard = heard || s.value == 2 && s.frames >= frames // a fade may follow
				}
				if heard != c.heard {
					t.Errorf("want the packet heard %v, got %v", c.heard, l.stretches())
				}
				if first := l.stretches()[0]; first.frames != lead {
					t.Errorf("want the sound right behind the lead of %d frames, got %v", lead, first)
				}
			})
		})
	}
}

func TestPipelineIsEager(t *testing.T) {
	runLine(t, func(l *line) {
		l.listen()
		l.send(1)
		l.open()
		l.pass(eager)
		if got := l.stretches(); len(got) != 2 || got[1].value != 1 {
			t.Errorf("want the first packet passed on after %v, got %v", eager, got)
		}
		if eager+preroll >= lateness {
			t.Errorf("want the sound sooner than after %v", lateness)
		}
		if audio.CD.Duration(packetFrames) > eager {
			t.Error("want more than a packet kept")
		}
	})
}

// The first sound waits for the renderer's stream to be opened; where nobody
// opens one, its time passes.
func TestPipelineWaitsForItsOutput(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration
		kept  bool
	}{
		{"a slow start", lateness - 100*time.Millisecond, true},
		{"no start", 3 * lateness, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			runLine(t, func(l *line) {
				l.listen()
				began := time.Now()
				l.send(5)
				for time.Since(began) < c.after {
					l.send(6)
				}
				l.open()
				l.pass(lateness)
				got := l.stretches()
				if kept := len(got) > 1 && got[1].value == 5; kept != c.kept {
					t.Errorf("want the first sound kept %v, got %v", c.kept, got)
				}
			})
		})
	}
}
