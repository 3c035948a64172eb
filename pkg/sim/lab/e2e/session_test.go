//go:build linux

package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

// sessions is how often a sender comes and leaves in the middle of its sound.
const sessions = 30

func TestSessionsComeAndGo(t *testing.T) {
	binary := build(t)
	lan := lab.NewLAN(t, "bridge", "sender", "speaker")
	lan.Host("speaker").StartSpeaker(t, "Living Room")
	sender := lan.Host("sender").StartSender(t)
	b := startBridge(t, lan.Host("bridge"), binary)
	receiver := b.receiver(t)
	for n := range sessions {
		sink := sender.AddSink(t, receiver, lab.RSA)
		player := sink.Play(t, lab.Tone(time.Second, uint64(n)))
		b.waitCount(t, logPlays, n+1)
		sink.Remove(t) // while it plays
		b.waitCount(t, logEnded, n+1)
		player.Stop()
	}
	b.end(t)
}

// waitCount waits until the program has logged a message so many times.
func (b *bridge) waitCount(t *testing.T, message string, times int) {
	t.Helper()
	lab.Until(t, logWithin, message, func() bool {
		return strings.Count(strings.Join(b.Lines(), "\n"), `"message":"`+message+`"`) >= times
	})
}
