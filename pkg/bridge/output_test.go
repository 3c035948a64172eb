package bridge

import (
	"slices"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// join adds an output of a voice that may follow a clock, and gives its tape.
func (l *line) join(v voice) (*output, *tape) {
	l.t.Helper()
	encoder, err := v.encoder(audio.CD, 0)
	if err != nil {
		l.t.Fatal(err)
	}
	out := &tape{}
	o, _ := l.begin(v, encoder, out, preroll)
	return o, out
}

// sounds are the samples of a tape between its silences.
func sounds(all []int32) []int32 {
	return slices.DeleteFunc(slices.Clone(all), func(s int32) bool { return s == 0 })
}

// ramp is values that are all different, and none of them silence.
func ramp(from, n int) []int16 {
	var values []int16
	for i := range n {
		values = append(values, int16(from+i))
	}
	return values
}

func TestOutputsOfOneVoiceAreMadeOnce(t *testing.T) {
	runLine(t, func(l *line) {
		v := voice{codec: audio.L16, drift: true}
		l.listen()
		l.send(1)
		_, first := l.join(v)
		second, other := l.join(v)
		_, alone := l.join(voice{codec: audio.L16})
		if n := len(l.chains); n != 2 {
			t.Fatalf("want a chain for each of two voices, got %d", n)
		}
		l.send(ramp(2, 100)...)
		l.pass(lateness)
		const sent = 101 * packetFrames * 2
		want := sounds(alone.all())
		if len(want) < sent {
			t.Fatalf("want all that was sent, got %d samples", len(want))
		}
		want = want[:sent] // behind it is the fade of a sound that breaks off
		for name, got := range map[string][]int32{"first": sounds(first.all()), "second": sounds(other.all())} {
			got = got[:min(len(got), sent)]
			if late := len(want) - len(got); late > 64*audio.CD.Channels || !slices.Equal(want[:len(got)], got) {
				t.Errorf("want the %s output to have the same, got %d of %d samples", name, len(got), len(want))
			}
		}
		l.end(second)
		if n := len(l.chains); n != 2 {
			t.Errorf("want the chain kept for its other output, got %d chains", n)
		}
	})
}

// An output whose renderer has another clock is taken out of the common chain,
// and the others get every sample as it came.
func TestOutputWithAClockOfItsOwn(t *testing.T) {
	runLine(t, func(l *line) {
		v := voice{codec: audio.L16, drift: true}
		l.listen()
		l.send(1)
		_, steady := l.join(v)
		skewed, other := l.join(v)
		l.send(ramp(2, 50)...)
		l.correct(skewed, 400)
		for range 20 {
			l.send(ramp(60, 100)...)
		}
		l.pass(lateness)
		if n := len(l.chains); n != 2 {
			t.Fatalf("want a chain of its own, got %d chains", n)
		}
		plain, more := len(steady.all()), len(other.all())
		seconds := audio.CD.Duration(2000 * packetFrames).Seconds()
		// The ratio glides there at 25 ppm a second, for 16 s.
		least, most := 100e-6*seconds, 400e-6*seconds
		gained := audio.CD.Duration(int64((more - plain) / audio.CD.Channels)).Seconds()
		if gained < least || gained > most {
			t.Errorf("want %v to %v s more in %v s, got %v", least, most, seconds, gained)
		}
		l.send(ramp(1000, 10)...)
		l.pass(lateness)
		tail := sounds(steady.all())
		if !slices.Contains(tail, 1008) || len(tail)%2 != 0 {
			t.Error("want the steady output to go on as it came")
		}
	})
}

// A player takes its place in time from the numbers of the blocks: they go on
// where an output gets a chain of its own, and a late output begins with its own.
func TestBlocksAreNumberedOn(t *testing.T) {
	runLine(t, func(l *line) {
		v := voice{codec: audio.FLAC, blockFrames: 1152, drift: true}
		l.listen()
		l.send(1)
		l.join(v)
		early, _ := l.join(v)
		l.send(ramp(2, 500)...)
		late, _ := l.join(v)
		if early.chain == late.chain {
			t.Error("want a late output to have a chain of its own")
		}
		before := early.chain
		l.correct(early, 100)
		l.send(ramp(600, 20)...)
		if early.chain == before {
			t.Fatal("want a chain of its own for the one with a clock of its own")
		}
		if off := early.chain.blocks - before.blocks; off < -1 || off > 1 {
			t.Errorf("want its blocks numbered on, got %d beside %d", early.chain.blocks, before.blocks)
		}
	})
}
