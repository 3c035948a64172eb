//go:build linux

package lan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
	"github.com/breezeway-audio/breezeway/pkg/sim/stall"
)

const (
	// playedWithin is how long after the sender handed over its last sound,
	// which is silence, the speaker may take to have played the tone.
	playedWithin = 10 * time.Second
	// lossPermille is what the bridge's host loses of the sound in one play.
	lossPermille = 20
	// standstill is a pause of the whole machine that may make a sender later
	// than the buffer covers. A play that failed in one says nothing.
	standstill = 200 * time.Millisecond
	// maxPlays is how often a play is tried whose faults say nothing.
	maxPlays = 3
	// A good MP3 encoder leaves at least so much of the sound, as correlation: of
	// the whole, and of each tenth of a second.
	likeWhole, likeAnywhere = 0.999, 0.99
)

// A playCase is one play.
type playCase struct {
	name       string
	codec      string
	encryption lab.Encryption // with discover: what the sender chooses
	password   string         // empty: none is asked for
	discover   bool           // the sender knows the speaker by mDNS alone
	held       bool           // another program holds 1900/UDP
	lossy      bool
}

// A playSetup is where the parts are played.
type playSetup struct {
	binary     string
	host       *lab.Host // of the program
	senderHost *lab.Host
	speaker    *lab.Speaker
	browser    *lab.Browser
	stalls     *stall.Meter
	seed       uint64 // of the last tone
}

// An outcome is what came of one play.
type outcome struct {
	faults       []string
	inconclusive string // why the faults say nothing of the program; empty: they do
}

func TestPlays(t *testing.T) {
	parts := []playCase{
		{name: "FLAC", codec: "flac", encryption: lab.NoEncryption},
		{name: "WAV", codec: "wav", encryption: lab.NoEncryption},
		{name: "FLAC from RSA", codec: "flac", encryption: lab.RSA},
		{name: "WAV discovered", codec: "wav", discover: true},
		{name: "FLAC beside a holder of 1900", codec: "flac", encryption: lab.RSA, held: true},
		{name: "WAV beside a holder of 1900", codec: "wav", encryption: lab.NoEncryption, held: true},
		{name: "L16", codec: "l16", encryption: lab.NoEncryption},
		{name: "MP3", codec: "mp3", encryption: lab.RSA},
		{name: "FLAC with a password", codec: "flac", encryption: lab.RSA, password: "secret"},
		{name: "FLAC over a lossy network", codec: "flac", encryption: lab.RSA, lossy: true},
	}
	s := newPlaySetup(t)
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) {
			if p.held {
				s.host.HoldUDP(t, 1900)
			}
			o := s.play(t, p)
			for try := 2; try <= maxPlays && len(o.faults) > 0 && o.inconclusive != ""; try++ {
				t.Logf("played again, because %s: %q", o.inconclusive, o.faults)
				o = s.play(t, p)
			}
			for _, fault := range o.faults {
				t.Error(fault)
			}
		})
	}
}

func newPlaySetup(t *testing.T) *playSetup {
	t.Helper()
	s := &playSetup{binary: build(t)}
	lan := lab.NewLAN(t, "bridge", "sender", "speaker")
	s.host, s.senderHost = lan.Host("bridge"), lan.Host("sender")
	s.speaker = lan.Host("speaker").StartSpeaker(t, "Living Room")
	s.senderHost.StartAvahi(t)
	s.browser = s.senderHost.Browse(t, serviceType)
	s.stalls = stall.Watch(t)
	return s
}

// play plays a tone between the start and the end of sender and program.
func (s *playSetup) play(t *testing.T, p playCase) outcome {
	t.Helper()
	s.browser.WaitNone(t, logWithin) // of what the last program announced
	s.stalls.Longest()
	sender := s.senderHost.StartSender(t)
	defer sender.Stop()
	b := startBridge(t, s.host, s.binary, "BREEZEWAY_CODEC="+p.codec, "BREEZEWAY_PASSWORD="+p.password)
	defer b.Stop()
	o := outcome{faults: s.playTone(t, p, b, sender)}
	switch pause := s.stalls.Longest(); {
	case sender.Aborted():
		o.inconclusive = "PulseAudio aborted by a fault of its own"
	case pause >= standstill:
		o.inconclusive = fmt.Sprintf("the machine stood still for %v", pause)
	}
	return o
}

// playTone plays a tone from end to end and tells what is not as it should be.
func (s *playSetup) playTone(t *testing.T, p playCase, b *bridge, sender *lab.Sender) (faults []string) {
	t.Helper()
	sink := connect(t, p, b, sender)
	if p.lossy {
		s.host.LoseAudio(t, lossPermille)
	}
	s.seed++
	tone := lab.Tone(playLength(t), s.seed)
	before := len(s.speaker.Played(t))
	player := sink.Play(t, tone)
	if !b.waitLogged(logPlays, 1, sender.Aborted) {
		return []string{"want sound at the speaker, got none"}
	}
	faults = listen(t, b, player)
	faults = append(faults, s.judgeSound(t, p, tone, before)...)
	sink.Remove(t)
	faults = append(faults, judgeSession(t, b.waitRecord(t, logEnded), p.lossy)...)
	if p.lossy {
		faults = append(faults, judgeLoss(t, s.host)...)
	}
	b.end(t)
	return faults
}

// judgeSound judges what the speaker made of the tone; it had played so many bytes
// before.
func (s *playSetup) judgeSound(t *testing.T, p playCase, tone []byte, before int) (faults []string) {
	t.Helper()
	if p.codec != "mp3" {
		if report := s.speaker.WaitPlayed(t, tone, playedWithin); !report.Exact() {
			faults = append(faults, "want the sound as it was sent, got "+report.String())
		}
		return faults
	}
	like := s.speaker.WaitSimilar(t, tone, before, playedWithin)
	t.Log(like)
	if like.Whole < likeWhole || like.Worst < likeAnywhere || like.Missing > 0 {
		faults = append(faults, fmt.Sprintf("want the sound much as it was sent, without a gap, got %v", like))
	}
	return faults
}

func connect(t *testing.T, p playCase, b *bridge, sender *lab.Sender) *lab.Sink {
	t.Helper()
	if p.discover {
		return sender.Discover(t, logWithin)
	}
	var further []string
	if p.password != "" {
		further = append(further, "password="+p.password)
	}
	return sender.AddSink(t, b.receiver(t), p.encryption, further...)
}

// listen waits for the player's end, and judges and logs what the program took
// for the play.
func listen(t *testing.T, b *bridge, player *lab.Process) (faults []string) {
	t.Helper()
	first := b.waitRecord(t, logPlays)
	before := b.Usage(t)
	if code := player.Wait(t, playLength(t)+30*time.Second); code != 0 {
		faults = append(faults, fmt.Sprintf("want the sender to play to its end, got exit code %d", code))
	}
	after := b.Usage(t)
	sound := time.Duration(first.AfterRecordMS+first.LeadMS) * time.Millisecond
	if limit := startWithin + buffer; sound > limit {
		faults = append(faults, fmt.Sprintf("want the speaker's first byte of sound within %v after RECORD, got %v", limit, sound))
	}
	t.Logf("%s: first byte %d ms after RECORD, of sound %d ms; CPU %.2f s a minute, RSS %.1f MB (%.1f at most)", first.Codec,
		first.AfterRecordMS, sound.Milliseconds(), after.CPUPerMinute(before).Seconds(), megabytes(after.RSS), megabytes(after.Max))
	return faults
}

func megabytes(n int) float64 { return float64(n) / (1 << 20) }

// judgeSession judges what the program counted.
func judgeSession(t *testing.T, r record, lossy bool) (faults []string) {
	t.Helper()
	t.Logf("%d packets received, %d recovered, %d lost", r.Received, r.Recovered, r.Lost)
	if r.Received == 0 {
		faults = append(faults, "want packets counted, got none")
	}
	if r.Lost+r.Undecoded+r.ConcealedFrames > 0 {
		faults = append(faults, fmt.Sprintf("want nothing lost, got %d packets lost, %d undecoded, %d frames concealed", r.Lost, r.Undecoded, r.ConcealedFrames))
	}
	if lossy && r.Recovered == 0 {
		faults = append(faults, "want lost packets sent again, got none")
	}
	return faults
}

// judgeLoss proves that the network was lossy.
func judgeLoss(t *testing.T, host *lab.Host) (faults []string) {
	t.Helper()
	seen, lost := host.AudioLost(t)
	t.Logf("the network lost %d of %d audio packets", lost, seen)
	if lost == 0 {
		faults = append(faults, fmt.Sprintf("want audio packets lost on the way, got none of %d", seen))
	}
	return faults
}
