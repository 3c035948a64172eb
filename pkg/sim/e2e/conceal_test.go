package e2e_test

import (
	"math"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

const (
	packetFrames = sender.DefaultFrameLength
	fadeFrames   = 177 // 4 ms

	toneHertz     = 441
	toneAmplitude = 8000
)

// tone is a sine on both channels.
func tone(seconds int) []int32 {
	pcm := make([]int32, 0, seconds*audio.CD.SampleRate*audio.CD.Channels)
	for i := range seconds * audio.CD.SampleRate {
		v := int32(math.Round(toneAmplitude * math.Sin(2*math.Pi*toneHertz*float64(i)/float64(audio.CD.SampleRate))))
		pcm = append(pcm, v, v)
	}
	return pcm
}

// TestLossWithoutResend plays a tone of a sender that sends nothing again over a
// network that loses 1 %: holes are where the packets were and nowhere else,
// and they do not click.
func TestLossWithoutResend(t *testing.T) {
	t.Parallel()
	const seconds = 8
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", KeepFrames: 2 * seconds * audio.CD.SampleRate})
	to := sim.waitOffered("Kitchen")
	from := sim.connectSender(to, sender.Options{Codec: sender.ALAC, NoResend: true, Loss: 0.01, Seed: 7})
	music := tone(seconds)
	from.send(music)
	end := audio.CD.Duration(int64(seconds * audio.CD.SampleRate))
	from.sendSilenceUntil("all of it", func() bool { return sim.Speakers[0].Position() > end+time.Second })
	s := sim.snapshot(to.UDN)
	must(t, from.Teardown(t.Context()))

	out := alignedTo(t, sim.Speakers[0].Samples(), music)
	zeros, lost := withoutLost(music, out)
	if lost < 5 || lost > from.Stats().Lost {
		t.Fatalf("want some of the %d packets heard as lost that were, got %d", from.Stats().Lost, lost)
	}
	if want := uint64(lost * packetFrames); s.Jitter.ConcealedFrames < want {
		t.Errorf("want %d frames concealed, got %d", want, s.Jitter.ConcealedFrames)
	}
	wantRest(t, music, out, zeros)
	step, limit := lab.GreatestStep(lab.Left(out)), 1.3*lab.GreatestStep(lab.Left(music))
	if step > limit {
		t.Errorf("want no step above %.0f, got %.0f", limit, step)
	}
	better := 10 * math.Log10(lab.Above8kHz(lab.Left(zeros))/lab.Above8kHz(lab.Left(out)))
	t.Logf("%d packets lost; above 8 kHz %.1f dB less than with hard zeros", lost, better)
	if better < 25 {
		t.Errorf("want 25 dB less above 8 kHz than hard zeros have, got %.1f", better)
	}
}

// alignedTo is the part of out that music made: where most of it is the same.
func alignedTo(t *testing.T, out, music []int32) []int32 {
	t.Helper()
	for at := 0; at+len(music) <= len(out); at += 2 {
		if out[at+2] == music[2] && out[at+3] == music[3] && commonPrefix(out[at:], music) > 50*packetFrames {
			return out[at : at+len(music)]
		}
	}
	t.Fatalf("want the tone in %d samples of sound", len(out))
	return nil
}

// withoutLost is music with hard zeros where a packet is missing in out, and how
// many that are: behind a fade there is nothing but silence in their place.
func withoutLost(music, out []int32) (zeros []int32, lost int) {
	zeros = append(zeros, music...)
	for from := 0; from+2*packetFrames <= len(music); from += 2 * packetFrames {
		if audio.Silent(out[from+2*fadeFrames : from+2*packetFrames]) {
			clear(zeros[from : from+2*packetFrames])
			lost++
		}
	}
	return zeros, lost
}

// wantRest fails the test unless out is music but for the holes of zeros and the
// fade behind each.
func wantRest(t *testing.T, music, out, zeros []int32) {
	t.Helper()
	whole := 2 * fadeFrames // samples since the last hole
	for i := range music {
		whole++
		if zeros[i] != music[i] {
			whole = 0
		}
		if whole > 2*fadeFrames && out[i] != music[i] {
			t.Fatalf("want all but the holes exact, sample %d, %d behind a hole, is %d instead of %d", i, whole, out[i], music[i])
		}
	}
}
