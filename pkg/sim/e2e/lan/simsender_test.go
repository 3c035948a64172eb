//go:build linux

package lan_test

import (
	"context"
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
)

// A simSender is a software sender on a host, in the process of the test.
type simSender struct {
	*sender.Sender
	sendC chan error // the end of what play began
}

// connectSimSender begins a session with a receiver; it ends with the test.
func connectSimSender(t *testing.T, host *lab.Host, receiver netip.AddrPort) *simSender {
	t.Helper()
	one, err := sender.New(sender.Options{Addr: receiver, Codec: sender.ALACUncompressed, Encryption: sender.EncryptionRSA})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	endC := make(chan error, 1)
	go func() { endC <- one.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-endC; err != nil {
			t.Errorf("software sender: %v", err)
		}
	})
	// Connect makes all of the session's sockets.
	if err := host.Do(func() error { return one.Connect(ctx) }); err != nil {
		t.Fatal(err)
	}
	return &simSender{Sender: one, sendC: make(chan error, 1)}
}

// play sends a tone at its pace, in the background.
func (s *simSender) play(t *testing.T, tone []byte) {
	pcm := make([]int32, len(tone)/2)
	for i := range pcm {
		pcm[i] = int32(int16(binary.LittleEndian.Uint16(tone[2*i:])))
	}
	go func() { s.sendC <- s.Send(t.Context(), pcm) }()
}

// waitSent waits until the tone was sent.
func (s *simSender) waitSent(t *testing.T) {
	t.Helper()
	if err := <-s.sendC; err != nil {
		t.Fatal("software sender:", err)
	}
}
