package e2e_test

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// Another sender that takes one speaker of a group does not silence the others:
// the group's sender plays on, and is not told to pause.
func TestOtherSenderTakesOneSpeakerOfAGroup(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, []string{longLatency, "BREEZEWAY_GROUPS=Everywhere=*"}, speaker.Options{Name: "Kitchen"}, speaker.Options{Name: "Hall"})
	everywhere := sim.waitOffered("Everywhere")
	sim.eventually("both are members", func() bool { return len(sim.snapshot(everywhere.UDN).Renderers) == 2 })
	phone := sim.newPhone(everywhere)
	phone.keepPlaying(testMusic(1, time.Minute))
	inState := func(name string, state player.State) bool {
		for _, m := range sim.snapshot(everywhere.UDN).Renderers {
			if m.Name == name && m.State == state {
				return true
			}
		}
		return false
	}
	sim.eventually("both play", func() bool { return inState("Kitchen", player.StatePlaying) && inState("Hall", player.StatePlaying) })
	sim.connectSender(sim.waitOffered("Kitchen"), sender.Options{}).keepPlaying(testMusic(5, time.Minute))
	sim.eventually("the group leaves the one to the other sender", func() bool { return inState("Kitchen", player.StateReleased) })
	if !inState("Hall", player.StatePlaying) || len(phone.control.Commands()) != 0 {
		t.Errorf("want the other speaker playing and the phone left alone, got %v", phone.control.Commands())
	}
}
