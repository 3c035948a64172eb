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

func TestPatience(t *testing.T) {
	const set = 300 * time.Millisecond
	cases := []struct {
		name               string
		sender, held, want time.Duration
	}{
		{"nothing known", 0, 0, set},
		{"a renderer that holds little", 2 * time.Second, 400 * time.Millisecond, set},
		{"a renderer that holds enough", 2 * time.Second, 1500 * time.Millisecond, 1500*time.Millisecond - reserve},
		{"a renderer that holds more than the sender keeps", 2 * time.Second, 10 * time.Second, 2*time.Second - eager},
		{"a sender that keeps nothing", 0, 10 * time.Second, set},
		{"a renderer that has nothing left", 2 * time.Second, -time.Second, set},
	}
	for _, c := range cases {
		if got := patience(set, c.sender, c.held); got != c.want {
			t.Errorf("%s: want %v, got %v", c.name, c.want, got)
		}
	}
}

// A network that stands still for longer than the latency that was set is not
// heard where all renderers have enough to play, and the sender keeps what it sent.
func TestPipelineWaitsWhileRenderersPlay(t *testing.T) {
	const still = 1300 * time.Millisecond
	for _, c := range []struct {
		name  string
		held  [2]time.Duration
		whole bool
	}{
		{"both have enough", [2]time.Duration{3 * time.Second, 2 * time.Second}, true},
		{"one has little", [2]time.Duration{3 * time.Second, 400 * time.Millisecond}, false},
		{"one is not known", [2]time.Duration{3 * time.Second, 0}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			runLine(t, func(l *line) {
				l.asked.latency = audio.CD.Frames(2 * time.Second)
				l.listen()
				l.send(1)
				v := voice{codec: audio.L16}
				first, _ := l.join(v)
				second, _ := l.join(v)
				l.hold(first, c.held[0])
				l.hold(second, c.held[1])
				l.send(ramp(2, 200)...)
				seq, at := l.seq, l.at
				l.pass(still)
				for range int(audio.CD.Frames(still) / packetFrames) { // all at once, as a network that woke
					l.push(raop.Packet{Seq: seq, Timestamp: at, Arrival: time.Now(), Payload: payload(7, false)})
					seq, at = seq+1, at+packetFrames
				}
				l.seq, l.at = seq, at
				l.send(ramp(300, 200)...)
				if whole := l.buffer.Stats().StarvedFrames == 0; whole != c.whole {
					t.Errorf("want the sound whole %v, got %+v", c.whole, l.buffer.Stats())
				}
				if l.end(second); l.buffer.Stats().RetransmitWait == lateness-eager {
					t.Error("want the one that is left waited by")
				}
			})
		})
	}
}

// What an output is to have played moves with the sender's clock, not with what is
// written: blocks come in pieces, and none while a packet is waited for.
func TestOutputIsDueByTheClock(t *testing.T) {
	runLine(t, func(l *line) {
		l.listen()
		l.send(1)
		o, _ := l.join(voice{codec: audio.FLAC, blockFrames: 4096})
		l.send(ramp(2, 300)...)
		off := l.due(o, time.Now())
		began := time.Now()
		for range 400 {
			l.send(9)
			now := time.Now()
			if moved := l.due(o, now) - off - now.Sub(began); moved.Abs() > time.Millisecond {
				t.Fatalf("want it to move with the clock, got %v off", moved)
			}
		}
		now := time.Now()
		l.pass(lateness / 2) // the network stands still
		if moved := l.due(o, time.Now()) - off - time.Since(began); moved.Abs() > time.Millisecond {
			t.Errorf("want it to move on while nothing comes, got %v off after %v", moved, time.Since(now))
		}
	})
}
