package raop_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
)

// A counter owner takes packets without a word, but slowly: the reader is
// nearly always in the middle of them.
type counter struct{ packets atomic.Int64 }

func (c *counter) HandleEvent(raop.Event) {}

func (c *counter) HandlePacket(*raop.Session, raop.Packet) {
	c.packets.Add(1)
	time.Sleep(200 * time.Microsecond)
}

// A session that ends while packets pour in must end: its reader may wait for
// what the one who closes its sockets holds.
func TestSessionEndsInAFlood(t *testing.T) {
	owner := &counter{}
	r := startReceiver(t, raop.Options{Handler: owner, VolumeDB: func() float64 { return 0 }})
	for range 10 {
		s := newSender(t, r, loopback)
		s.play()
		before := owner.packets.Load()
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
		for deadline := time.Now().Add(5 * time.Second); owner.packets.Load() < before+50 && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		s.want(200, "TEARDOWN", "", "")
		close(floodC)
		<-doneC
		s.disconnect()
	}
}
