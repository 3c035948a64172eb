// Package demo plays through the real daemon on loopback, with a simulated sender
// and simulated speakers: Run is `breezeway demo`, a Simulation is what it and the
// end-to-end tests run on.
package demo

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

const (
	speakerName   = "Demo speaker"
	musicLength   = 15 * time.Second
	tailLength    = 2 * time.Second        // of silence after the music
	speakerBuffer = 300 * time.Millisecond // of the speaker: less than any real one has
	// The demo's network is a bad Wi-Fi.
	networkLoss, networkReorder = 0.02, 0.02
)

// Run plays a piece of music through the real daemon, shows how it goes on out, and
// reports whether the speaker got exactly what was sent.
func Run(ctx context.Context, out io.Writer, log zerolog.Logger) (exact bool, err error) {
	fmt.Fprint(out, "A software sender plays to a software speaker through the real bridge.\n"+
		"All on loopback: nothing is sent on any other interface, no port of others is used.\n\n")
	c, err := Config()
	if err != nil {
		return false, err
	}
	music := makeMusic(musicLength)
	s, err := NewSimulation(c, Options{
		Speakers: []speaker.Options{{Name: speakerName, Volume: 40, StartBuffer: speakerBuffer, KeepFrames: 2 * len(music), Log: log}},
		Log:      log,
	})
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancel(ctx)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.Run(ctx) })
	group.Go(func() error {
		defer cancel()
		exact, err = perform(ctx, s, music, out)
		return err
	})
	return exact, group.Wait()
}

// perform finds the speaker, sends the music and judges what was played.
func perform(ctx context.Context, s *Simulation, music []int32, out io.Writer) (bool, error) {
	started := time.Now()
	found, err := s.Find(ctx, speakerName)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(out, "  speaker found      %q after %d ms, AirPlay id %v, RTSP port %d\n",
		found.Name, time.Since(started).Milliseconds(), found.ID, found.Port)
	from, err := sender.New(sender.Options{
		Addr: RTSPAddr(found), Encryption: sender.EncryptionRSA,
		Loss: networkLoss, Reorder: networkReorder, Seed: 1,
		StartSeq: 1<<16 - 300, StartTimestamp: 1<<32 - 200000, // both wrap on the way
	})
	if err != nil {
		return false, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return from.Run(ctx) })
	group.Go(func() error {
		defer from.Close()
		if err := from.Connect(ctx); err != nil {
			return err
		}
		fmt.Fprint(out, "  sender connected   ALAC, RSA and AES; 2 % of its packets get lost, 2 % overtaken\n\n")
		return send(ctx, from, s.Speakers[0], music, out)
	})
	if err := group.Wait(); err != nil {
		return false, err
	}
	return verdict(s, from, music, out), nil
}

// send plays the music second by second and shows how far the speaker is.
func send(ctx context.Context, from *sender.Sender, to *speaker.Speaker, music []int32, out io.Writer) error {
	second := audio.CD.SampleRate * audio.CD.Channels
	for at := 0; at < len(music); at += second {
		if err := from.Send(ctx, music[at:min(at+second, len(music))]); err != nil {
			return err
		}
		showProgress(out, from, to, len(music))
	}
	// What is on its way when a session ends is not played, by any receiver.
	if err := from.Send(ctx, make([]int32, int(tailLength.Seconds())*second)); err != nil {
		return err
	}
	return from.Teardown(ctx)
}

func showProgress(out io.Writer, from *sender.Sender, to *speaker.Speaker, samples int) {
	const width = 30
	sent, played := from.Stats(), to.Stats()
	done := min(width, int(played.FramesPlayed)*audio.CD.Channels*width/samples)
	fmt.Fprintf(out, "  [%s%s] sent %5.1f s, played %5.1f s, lost %d, sent again %d, %v\n",
		strings.Repeat("#", done), strings.Repeat(".", width-done),
		audio.CD.Duration(sent.Frames).Seconds(), audio.CD.Duration(played.FramesPlayed).Seconds(),
		sent.Lost, sent.Resent, to.State())
}

// verdict compares what was sent with what was played.
func verdict(s *Simulation, from *sender.Sender, music []int32, out io.Writer) bool {
	played := s.Speakers[0].Samples()
	exact := identical(music, played)
	stats := s.Speakers[0].Stats()
	shown := s.Daemon.Snapshot().Speakers
	fmt.Fprintf(out, "\n  samples sent       %d (%d packets, %d lost on the way)\n", len(music), from.Stats().Packets, from.Stats().Lost)
	fmt.Fprintf(out, "  samples played     %d, with the silence before and after\n", len(played))
	if len(shown) == 1 {
		fmt.Fprintf(out, "  start delay        %d ms from the first sound sent to the first sound at the speaker, and what it buffers: %d ms\n",
			shown[0].Nearest().StartDelay.Milliseconds(), speakerBuffer.Milliseconds())
		fmt.Fprintf(out, "  sent as            %v, %d interruptions\n", shown[0].Nearest().Codec, stats.Underruns)
	}
	if exact {
		fmt.Fprint(out, "\n  identical: the speaker played exactly the samples that were sent\n")
	} else {
		fmt.Fprint(out, "\n  NOT identical: what was played differs from what was sent\n")
	}
	return exact
}

// identical reports whether played is sent, but for silence before and after.
func identical(sent, played []int32) bool {
	sent, played = fromFirstSound(sent), fromFirstSound(played)
	if len(played) < len(sent) {
		return false
	}
	for i, s := range sent {
		if played[i] != s {
			return false
		}
	}
	return audio.Silent(played[len(sent):])
}

// fromFirstSound is pcm without the silent frames that it begins with.
func fromFirstSound(pcm []int32) []int32 {
	for i := 0; i+1 < len(pcm); i += audio.CD.Channels {
		if pcm[i] != 0 || pcm[i+1] != 0 {
			return pcm[i:]
		}
	}
	return nil
}

// makeMusic is a rising pattern of decaying plucks in stereo, loud enough to
// be heard, never the same twice.
func makeMusic(length time.Duration) []int32 {
	notes := []float64{220, 261.63, 329.63, 392, 440, 523.25, 659.26, 783.99}
	frames := int(audio.CD.Frames(length))
	pcm := make([]int32, 0, frames*audio.CD.Channels)
	beat := audio.CD.SampleRate / 4
	for i := range frames {
		n, t := i/beat, float64(i%beat)/float64(audio.CD.SampleRate)
		pitch := notes[n%len(notes)] * (1 + float64(n)/1000)
		level := 12000 * math.Exp(-6*t)
		for channel := range audio.CD.Channels {
			phase := 2 * math.Pi * pitch * t * (1 + 0.002*float64(channel))
			pcm = append(pcm, int32(level*(math.Sin(phase)+0.3*math.Sin(3*phase))))
		}
	}
	return pcm
}
