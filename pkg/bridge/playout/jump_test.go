package playout

import (
	"math/rand/v2"
	"testing"
	"time"
)

// Somebody who writes the sender's address on one packet a second, with any numbers,
// changes nothing of what is heard.
func TestOneWrongPacketASecondChangesNothing(t *testing.T) {
	run(t, func(h *harness) {
		h.packets.Listen()
		h.send(1)
		h.open()
		rng := rand.New(rand.NewPCG(7, 8))
		const packets = 1250 // 10 s
		for n := range packets {
			if n%125 == 60 {
				h.packets.Push(Packet{
					Seq: uint16(rng.Uint32()), Timestamp: rng.Uint32(), Arrival: time.Now(), Payload: payload(99, false),
				})
			}
			h.send(2)
		}
		h.pass(time.Second)
		heard := int64(0)
		for _, s := range h.stretches() {
			switch s.value {
			case 2:
				heard += s.frames
			case 99:
				t.Errorf("a wrong packet is heard for %d frames", s.frames)
			}
		}
		if want := int64(packets * packetFrames); heard < want {
			t.Errorf("want %d frames heard as they were sent, got %d", want, heard)
		}
	})
}
