package playout

import (
	"slices"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

// sounds are the samples that were recorded between its silences.
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
	run(t, func(h *harness) {
		v := Voice{Codec: audio.L16, FollowClock: true}
		h.packets.Listen()
		h.send(1)
		_, first := h.openVoice(v)
		second, other := h.openVoice(v)
		_, alone := h.openVoice(Voice{Codec: audio.L16})
		if n := len(h.chains); n != 2 {
			t.Fatalf("want a chain for each of two voices, got %d", n)
		}
		h.send(ramp(2, 100)...)
		h.pass(latency)
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
		h.Close(second)
		if n := len(h.chains); n != 2 {
			t.Errorf("want the chain kept for its other output, got %d chains", n)
		}
	})
}

// An output whose renderer has another clock is taken out of the common chain,
// and the others get every sample as it came.
func TestOutputWithAClockOfItsOwn(t *testing.T) {
	run(t, func(h *harness) {
		v := Voice{Codec: audio.L16, FollowClock: true}
		h.packets.Listen()
		h.send(1)
		_, steady := h.openVoice(v)
		skewed, other := h.openVoice(v)
		h.send(ramp(2, 50)...)
		h.SetClockOffset(skewed, 400)
		for range 20 {
			h.send(ramp(60, 100)...)
		}
		h.pass(latency)
		if n := len(h.chains); n != 2 {
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
		h.send(ramp(1000, 10)...)
		h.pass(latency)
		tail := sounds(steady.all())
		if !slices.Contains(tail, 1008) || len(tail)%2 != 0 {
			t.Error("want the steady output to go on as it came")
		}
	})
}

// A player takes its place in time from the numbers of the blocks: they go on
// where an output gets a chain of its own, and a late output begins with its own.
func TestBlocksAreNumberedOn(t *testing.T) {
	run(t, func(h *harness) {
		v := Voice{Codec: audio.FLAC, BlockFrames: 1152, FollowClock: true}
		h.packets.Listen()
		h.send(1)
		h.openVoice(v)
		early, _ := h.openVoice(v)
		h.send(ramp(2, 500)...)
		late, _ := h.openVoice(v)
		if early.chain == late.chain {
			t.Error("want a late output to have a chain of its own")
		}
		before := early.chain
		h.SetClockOffset(early, 100)
		h.send(ramp(600, 20)...)
		if early.chain == before {
			t.Fatal("want a chain of its own for the one with a clock of its own")
		}
		if off := early.chain.blocks - before.blocks; off < -1 || off > 1 {
			t.Errorf("want its blocks numbered on, got %d beside %d", early.chain.blocks, before.blocks)
		}
	})
}

// A lead that is longer than the stream keeps begins later; it is not lost.
func TestLongLead(t *testing.T) {
	for _, shared := range []bool{false, true} {
		run(t, func(h *harness) {
			h.packets.Listen()
			h.send(100)
			v := Voice{Codec: audio.WAV}
			if shared {
				h.openVoice(v)
			}
			encoder, err := v.NewEncoder(audio.CD, 0)
			if err != nil {
				t.Fatal(err)
			}
			s := stream.New(stream.ServerOptions{}).Open(stream.Options{Codec: audio.WAV})
			defer s.Discard()
			_, lead := h.Open(v, encoder, s, 13*time.Second)
			if kept := audio.CD.Duration(s.Stats().Behind / 4); kept < 11*time.Second || kept > lead {
				t.Errorf("shared %v: want most of %v kept, got %v", shared, lead, kept)
			}
		})
	}
}

// A renderer that is started anew while the sender sends silence gets it at its
// pace, and not all at once with the next sound.
func TestStartInSilence(t *testing.T) {
	run(t, func(h *harness) {
		h.packets.Listen()
		h.send(100)
		h.open()
		for range 250 {
			h.send(100)
		}
		h.Close(h.output)
		h.sink = &recordingSink{}
		h.open()
		lead := len(h.sink.all()) / 2
		const seconds = 8
		for range seconds * 125 {
			h.send(0)
		}
		got := float64(len(h.sink.all())/2-lead) / 44100
		if got < seconds-1 || got > seconds+1 {
			t.Errorf("want %v s of silence in %v s, got %.1f s", seconds, seconds, got)
		}
	})
}

// What is complete when the sender or the network stands still fades, and the
// next sound of a sender that only paused comes as it was sent.
func TestStandstillDoesNotClick(t *testing.T) {
	run(t, func(h *harness) {
		h.packets.Listen()
		h.send(10000)
		h.open()
		for range 100 {
			h.send(10000)
		}
		h.pass(latency + 200*time.Millisecond)
		all := h.sink.all()
		for i := len(all) / 2; i < len(all); i++ {
			if step := all[i] - all[i-2]; step > 1000 || step < -1000 {
				t.Fatalf("want the sound to fade, got a step of %d", step)
			}
		}
	})
}

// Chains of every codec split when one of them needs a correction.
func TestChainsOfEveryCodecSplit(t *testing.T) {
	for _, codec := range []audio.Codec{audio.FLAC, audio.WAV, audio.MP3} {
		for i := range 4 {
			run(t, func(h *harness) {
				h.packets.Listen()
				h.send(100)
				h.pass(time.Duration(i*1234567) * time.Nanosecond)
				v := Voice{Codec: codec, BlockFrames: 1152, BitrateKbps: 320, FollowClock: true}
				one, _ := h.openVoice(v)
				two, _ := h.openVoice(v)
				h.send(100, 100, 100)
				h.SetClockOffset(two, 100)
				h.send(ramp(100, 100)...)
				if one.chain == two.chain {
					t.Errorf("%v: want each to have its own chain", codec)
				}
			})
		}
	}
}

// A timestamp wraps after 27 hours: an output that opens then does not get hours of
// leading silence.
func TestLeadAfterADay(t *testing.T) {
	run(t, func(h *harness) {
		h.packets.Listen()
		h.send(100)
		h.open()
		wrapped := int64(h.packets.firstAudible.Load()) + 1<<32
		h.packets.timeline.Observe(uint32(wrapped-60*44100), time.Now())
		v := Voice{Codec: audio.L16}
		encoder, err := v.NewEncoder(audio.CD, 0)
		if err != nil {
			t.Fatal(err)
		}
		h.Close(h.output)
		if _, lead := h.Open(v, encoder, &recordingSink{}, Preroll); lead > time.Second {
			t.Errorf("want no more than the wait for the next packet, got %v", lead)
		}
	})
}
