package e2e_test

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// What a bad network does to each stream; sequence and timestamp wrap on the
// way.
func badNetwork(o sender.Options) sender.Options {
	o.StartSeq, o.StartTimestamp = 1<<16-150, 1<<32-90000
	o.Loss, o.Duplicate, o.Reorder = 0.04, 0.05, 0.05
	return o
}

func TestSampleExact(t *testing.T) {
	tests := []struct {
		name  string
		from  sender.Options
		codec audio.Codec
	}{
		{"ALAC and RSA to FLAC", sender.Options{Codec: sender.ALAC, Encryption: sender.EncryptionRSA, Seed: 1}, audio.FLAC},
		{"uncompressed ALAC to WAV", sender.Options{Codec: sender.ALACUncompressed, Seed: 2}, audio.WAV},
		{"L16 with the line of ALAC to L16", sender.Options{Codec: sender.L16, ALACLine: true, Seed: 3}, audio.L16},
		{"the first two packets lost", sender.Options{Seed: 348}, audio.FLAC},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := newRecorder()
			sim := startSimulation(t, []string{longLatency, "BREEZEWAY_CODEC=" + tt.codec.String()}, speaker.Options{Name: "Kitchen", Capture: rec})
			to := sim.waitOffered("Kitchen")
			from := sim.connectSender(to, badNetwork(tt.from))
			music := testMusic(0, 5*time.Second)
			from.send(music)
			from.sendSilenceUntilHeard(rec, len(music))

			s := sim.snapshot(to.UDN)
			must(t, from.Teardown(t.Context()))
			rec.wantPieces(t, music)
			if s.Nearest().Codec != tt.codec {
				t.Errorf("want %v at the speaker, got %v", tt.codec, s.Nearest().Codec)
			}
			if s.Jitter.ConcealedFrames != 0 || s.Jitter.Lost != 0 || s.Undecodable != 0 {
				t.Errorf("want nothing lost, concealed or undecoded, got %+v, %d undecoded", s.Jitter, s.Undecodable)
			}
			if sent := from.Stats(); sent.Lost == 0 || sent.Reordered == 0 || sent.Duplicated == 0 || s.Jitter.Recovered == 0 {
				t.Errorf("want a bad network, got %+v, %d recovered", sent, s.Jitter.Recovered)
			}
		})
	}
}
