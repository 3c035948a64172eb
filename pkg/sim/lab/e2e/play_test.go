//go:build linux

package e2e_test

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

// playedWithin is how long after the sender handed over its last sound, which
// is silence, the speaker may take to have played the tone.
const playedWithin = 10 * time.Second

// lossPermille is what the bridge's host loses of the sound in one play.
const lossPermille = 20

func TestPlaysSampleExact(t *testing.T) {
	cases := []struct {
		name       string
		codec      string
		encryption lab.Encryption // with discover: what the sender chooses
		discover   bool           // the sender knows the speaker by mDNS alone
		held       bool           // another program holds 1900/UDP
		loses      bool
	}{
		{name: "FLAC", codec: "flac", encryption: lab.NoEncryption},
		{name: "WAV", codec: "wav", encryption: lab.NoEncryption},
		{name: "FLAC from RSA", codec: "flac", encryption: lab.RSA},
		{name: "WAV discovered", codec: "wav", discover: true},
		{name: "FLAC beside a holder of 1900", codec: "flac", encryption: lab.RSA, held: true},
		{name: "WAV beside a holder of 1900", codec: "wav", encryption: lab.NoEncryption, held: true},
		{name: "FLAC over a lossy network", codec: "flac", encryption: lab.RSA, loses: true},
	}
	binary := build(t)
	lan := lab.NewLAN(t, "bridge", "sender", "speaker")
	host := lan.Host("bridge")
	speaker := lan.Host("speaker").StartSpeaker(t, "Living Room")
	lan.Host("sender").StartAvahi(t)
	browser := lan.Host("sender").Browse(t, serviceType)
	sender := lan.Host("sender").StartSender(t)
	for seed, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.held {
				host.HoldUDP(t, 1900)
			}
			browser.WaitNone(t, logWithin) // of what the last bridge announced
			b := startBridge(t, host, binary, "BREEZEWAY_CODEC="+c.codec)
			var sink *lab.Sink
			if c.discover {
				sink = sender.Discover(t, logWithin)
			} else {
				sink = sender.AddSink(t, b.receiver(t), c.encryption)
			}
			if c.loses {
				host.LoseAudio(t, lossPermille)
			}
			tone := lab.Tone(playLength(t), uint64(seed))
			play(t, b, sink, tone)
			if report := speaker.WaitPlayed(t, tone, playedWithin); !report.Exact() {
				t.Errorf("want the sound as it was sent, got %v", report)
			}
			sink.Remove(t)
			checkSession(t, b.waitRecord(t, logEnded), c.loses)
			if c.loses {
				checkLoss(t, host)
			}
			b.end(t)
		})
	}
}

// play plays the tone to its end and tells what the program took for it.
func play(t *testing.T, b *bridge, sink *lab.Sink, tone []byte) {
	t.Helper()
	player := sink.Play(t, tone)
	first := b.waitRecord(t, logPlays)
	before := b.Usage(t)
	if code := player.Wait(t, playLength(t)+30*time.Second); code != 0 {
		t.Errorf("want the sender to play to its end, got exit code %d", code)
	}
	after := b.Usage(t)
	sound := time.Duration(first.AfterRecordMS+first.LeadMS) * time.Millisecond
	if limit := startWithin + buffer; sound > limit {
		t.Errorf("want the speaker's first byte of sound within %v after RECORD, got %v", limit, sound)
	}
	t.Logf("%s: first byte %d ms after RECORD, of sound %d ms; CPU %.2f s a minute, RSS %.1f MB (%.1f at most)", first.Codec,
		first.AfterRecordMS, sound.Milliseconds(), after.CPUPerMinute(before).Seconds(), megabytes(after.RSS), megabytes(after.Max))
}

func megabytes(n int) float64 { return float64(n) / (1 << 20) }

// checkSession judges what the program counted.
func checkSession(t *testing.T, ended record, lossy bool) {
	t.Helper()
	t.Logf("%d packets received, %d recovered, %d lost", ended.Received, ended.Recovered, ended.Lost)
	if ended.Received == 0 {
		t.Error("want packets counted, got none")
	}
	if ended.Lost+ended.ConcealedFrames+ended.Undecoded > 0 {
		t.Errorf("want nothing lost, got %d packets lost, %d frames concealed, %d packets undecoded", ended.Lost, ended.ConcealedFrames, ended.Undecoded)
	}
	if lossy && ended.Recovered == 0 {
		t.Error("want lost packets sent again, got none")
	}
}

// checkLoss proves that the network was lossy.
func checkLoss(t *testing.T, host *lab.Host) {
	t.Helper()
	seen, lost := host.AudioLost(t)
	t.Logf("the network lost %d of %d audio packets", lost, seen)
	if lost == 0 {
		t.Errorf("want audio packets lost on the way, got none of %d", seen)
	}
}
