//go:build linux

package lan_test

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

const (
	// sessions is how often a sender comes and leaves in the middle of its sound.
	sessions = 30
	// maxSenderAborts is how many of them a sender may spoil by a fault of its own.
	maxSenderAborts = 5
)

func TestSessionsComeAndGo(t *testing.T) {
	binary := build(t)
	lan := lab.NewLAN(t, "bridge", "sender", "speaker")
	lan.Host("speaker").StartSpeaker(t, "Living Room")
	b := startBridge(t, lan.Host("bridge"), binary)
	sender := lan.Host("sender").StartSender(t)
	spoiled := 0
	for played := 0; played < sessions; {
		sounded := playOneSession(t, b, sender, played)
		switch {
		case sounded:
			played++
		case sender.Aborted() && spoiled < maxSenderAborts:
			spoiled++
			sender = lan.Host("sender").StartSender(t)
		default:
			t.Fatalf("want %d sessions, no sound came after %d", sessions, played)
		}
		if !b.waitLogged(logEnded, played+spoiled, b.Ended) {
			t.Fatalf("session %d does not end", played+spoiled)
		}
	}
	b.end(t)
}

// playOneSession has the sender come, and leave once it is heard; it reports whether it
// was. So many have been heard before.
func playOneSession(t *testing.T, b *bridge, sender *lab.Sender, before int) bool {
	t.Helper()
	sink := sender.AddSink(t, b.receiver(t), lab.RSA)
	player := sink.Play(t, lab.Tone(time.Second, uint64(before)))
	defer player.Stop()
	if !b.waitLogged(logPlays, before+1, sender.Aborted) {
		return false
	}
	sink.Remove(t)
	return true
}
