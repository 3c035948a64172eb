package raop_test

import (
	"crypto/sha256"
	"sync/atomic"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
)

// A slowOwner works on each packet for so long that the reader is nearly always in
// the middle of one.
type slowOwner struct {
	packets atomic.Int64
	busyC   chan struct{} // gets a value at each 50th packet
}

func (*slowOwner) HandleEvent(raop.Event) {}

func (o *slowOwner) HandlePacket(*raop.Session, raop.Packet) {
	var work [64 << 10]byte
	sha256.Sum256(work[:])
	if o.packets.Add(1)%50 == 0 {
		select {
		case o.busyC <- struct{}{}:
		default: // the test has not used the last one
		}
	}
}

// A session that ends while packets pour in must end: its reader may wait for a
// lock that the goroutine that closes its sockets holds.
func TestSessionEndsInAFlood(t *testing.T) {
	owner := &slowOwner{busyC: make(chan struct{}, 1)}
	r := startReceiver(t, raop.Options{Handler: owner, VolumeDB: func() float64 { return 0 }})
	for range 10 {
		s := newSender(t, r, loopback)
		s.play()
		to := s.server["server_port"]
		floodC, doneC := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(doneC)
			for seq := uint16(0); ; seq++ {
				select {
				case <-floodC:
					return
				default:
					_, _ = s.audio.WriteToUDPAddrPort(audioPacket(seq), to) // refused once the session has ended
				}
			}
		}()
		select {
		case <-owner.busyC:
		case <-time.After(5 * time.Second):
			t.Error("want packets handled, got too few in 5 s")
		}
		s.want(200, "TEARDOWN", "", "")
		close(floodC)
		<-doneC
		s.disconnect()
	}
}
