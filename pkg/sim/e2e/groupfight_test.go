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
func TestOneOfAGroupIsTaken(t *testing.T) {
	t.Parallel()
	p := stand(t, []string{roomy, "BREEZEWAY_GROUPS=Everywhere=*"}, speaker.Options{Name: "Kitchen"}, speaker.Options{Name: "Hall"})
	everywhere := p.offered("Everywhere")
	p.eventually("both are members", func() bool { return len(p.shown(everywhere.UDN).Renderers) == 2 })
	phone := p.newPhone(everywhere)
	phone.keepPlaying(tune(1, time.Minute))
	inState := func(name string, state player.State) bool {
		for _, m := range p.shown(everywhere.UDN).Renderers {
			if m.Name == name && m.State == state {
				return true
			}
		}
		return false
	}
	p.eventually("both play", func() bool { return inState("Kitchen", player.StatePlaying) && inState("Hall", player.StatePlaying) })
	p.connect(p.offered("Kitchen"), sender.Options{}).keepPlaying(tune(5, time.Minute))
	p.eventually("the group leaves the one to the other sender", func() bool { return inState("Kitchen", player.StateReleased) })
	if !inState("Hall", player.StatePlaying) || len(phone.control.Commands()) != 0 {
		t.Errorf("want the other speaker playing and the phone left alone, got %v", phone.control.Commands())
	}
}
