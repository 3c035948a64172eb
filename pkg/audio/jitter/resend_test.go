package jitter_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
)

const packetsPerSecond = 44100 / frameLength

// chance loses packets at random, but never the first.
func chance(rng *rand.Rand, lost float64) func(int, time.Duration) []delivery {
	return func(n int, sent time.Duration) []delivery {
		if n > 0 && rng.Float64() < lost {
			return nil
		}
		return onTime(n, sent)
	}
}

func TestUnresponsiveSenderIsOnlyProbed(t *testing.T) {
	const seconds = 60
	w := network{count: seconds * packetsPerSecond, deliver: chance(rand.New(rand.NewPCG(1, 1)), 0.02)}
	var late int // requested after the sender was known as unresponsive
	w.resend = func(_ int, at time.Duration) []delivery {
		if at > 5*time.Second {
			late++
		}
		return nil
	}
	w.run()
	if !w.stats.IgnoresResends {
		t.Error("want the sender known as unresponsive")
	}
	if late < seconds/10-1 || late > seconds/10 {
		t.Errorf("want a probe each 10 s, got %d packets asked for in %d s", late, seconds-5)
	}
}

// A network that blocked requests for a while is found open again by a probe.
func TestProbeFindsSenderResponsiveAgain(t *testing.T) {
	const opens = 10 * time.Second
	w := network{count: 40 * packetsPerSecond, deliver: chance(rand.New(rand.NewPCG(2, 2)), 0.02)}
	w.resend = func(n int, at time.Duration) []delivery {
		if at < opens {
			return nil
		}
		return answer(n, at)
	}
	w.run()
	if w.stats.IgnoresResends {
		t.Error("want the sender known to answer again")
	}
	for i, p := range w.output {
		if at := w.sentAt(i); p.n < 0 && at > opens+11*time.Second {
			t.Fatalf("want nothing concealed after the first probe, got a hole at %v", at)
		}
	}
}

// A sender that answers is never taken for unresponsive, however much is lost.
func TestLossySenderIsNotUnresponsive(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	w := network{count: 60 * packetsPerSecond, deliver: chance(rng, 0.25)}
	w.resend = func(n int, at time.Duration) []delivery {
		if rng.Float64() < 0.44 { // the request or its answer
			return nil
		}
		return answer(n, at)
	}
	w.run()
	if w.stats.IgnoresResends {
		t.Error("want the sender not taken for unresponsive")
	}
	if got := float64(w.stats.Lost) / float64(w.count); got > 0.02 {
		t.Errorf("want nearly all recovered, got %.1f %% lost", 100*got)
	}
}

// While most is lost for long, what is asked for stays within the rate: the
// answers must not fill the network that loses them.
func TestResendStormIsBounded(t *testing.T) {
	const seconds = 30
	rng := rand.New(rand.NewPCG(4, 4))
	w := network{count: seconds * packetsPerSecond, deliver: chance(rng, 0.9)}
	w.resend = func(n int, at time.Duration) []delivery {
		if rng.IntN(10) > 0 {
			return nil
		}
		return answer(n, at)
	}
	w.run()
	if most := uint64(512 + 125*seconds); w.stats.ResendsRequested > most {
		t.Errorf("want at most %d packets asked for, got %d", most, w.stats.ResendsRequested)
	}
}

// Of a hole that is longer than may be asked for at once, what is due first is
// asked for first; the rest follows in time.
func TestLongGapIsRequestedFromItsBeginning(t *testing.T) {
	const lost = 700
	b := jitter.New(jitter.DefaultOptions(audio.CD, frameLength))
	push := func(at time.Duration, seq int) {
		b.Push(epoch.Add(at), jitter.Packet{Seq: uint16(seq), Timestamp: uint32(seq * frameLength), Payload: []byte{1}})
	}
	push(0, 0)
	push(0, lost+1)
	due := func(timestamp uint32) time.Time { return epoch.Add(8 * time.Second) }
	asked := map[int]bool{}
	ask := func(at time.Duration) (count, first int) {
		kept := jitter.Range{First: lost + 2, Count: 1} // what the caller has is left alone
		runs := b.Missing(epoch.Add(at), due, []jitter.Range{kept})
		if runs[0] != kept {
			t.Errorf("want the caller's run kept, got %v", runs[0])
		}
		first = lost + 1
		for _, r := range runs[1:] {
			if r.Count > 128 {
				t.Errorf("want requests of 128 packets at most, got %d", r.Count)
			}
			for i := range r.Count {
				asked[int(r.First)+i] = true
				count, first = count+1, min(first, int(r.First))
			}
		}
		return count, first
	}
	if count, first := ask(30 * time.Millisecond); count != 512 || first != 1 {
		t.Errorf("want 512 packets asked for from the first on, got %d from %d on", count, first)
	}
	if count, _ := ask(40 * time.Millisecond); count > 2 {
		t.Errorf("want no more before the rate allows it, got %d", count)
	}
	if count, first := ask(1040 * time.Millisecond); count != 125 || first < 512 {
		t.Errorf("want 125 more behind those asked for, got %d from %d on", count, first)
	}
	ask(2040 * time.Millisecond)
	if len(asked) != lost {
		t.Errorf("want all %d asked for, got %d", lost, len(asked))
	}
}

// An answer that comes too late, and one that is not marked as an answer, show
// that the sender gets requests.
func TestAnyAnswerShowsSenderResponsive(t *testing.T) {
	for name, reply := range map[string]func(n int, at time.Duration) []delivery{
		"too late": func(n int, at time.Duration) []delivery {
			return []delivery{{n: n, at: at + delay + 100*time.Millisecond, resent: true}}
		},
		"unmarked": func(n int, at time.Duration) []delivery {
			return []delivery{{n: n, at: at + 5*time.Millisecond}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := network{count: 20 * packetsPerSecond, deliver: chance(rand.New(rand.NewPCG(5, 5)), 0.05), resend: reply}
			w.run()
			if w.stats.IgnoresResends {
				t.Error("want the sender not taken for unresponsive")
			}
		})
	}
}
