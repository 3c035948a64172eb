package e2e_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/loopback"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

const (
	idleSpeakerAtMost = 300 << 10 // bytes
	streamAtMost      = 6 << 20
)

// heapAndStacks is what the process holds: the heap without garbage, and stacks.
func heapAndStacks() int64 {
	var m runtime.MemStats
	for range 3 { // what has a finalizer goes with the second one
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// TestMemory measures what a speaker costs while nobody plays and while
// somebody does. The simulated speakers are in the same process: what they cost
// by themselves is measured with speakers that the bridge does not find. It
// runs alone: it measures this process.
func TestMemory(t *testing.T) {
	elsewhere, _ := loopback.SharedPort(t)
	sim := startSimulation(t, []string{"BREEZEWAY_CODEC=wav"}, speaker.Options{Name: "Warm up"})
	first := sim.connectSender(sim.waitOffered("Warm up"), sender.Options{})
	first.sendUntil(testMusic(0, waitTimeout), "it plays", func() bool { return sim.Speakers[0].State() == speaker.Playing })
	must(t, first.Teardown(t.Context()))

	before := heapAndStacks()
	group := sim.SSDPGroup
	sim.SSDPGroup = netip.AddrPortFrom(group.Addr(), elsewhere)
	for i := range manySpeakers {
		sim.addSpeaker(speaker.Options{Name: fmt.Sprint("Unseen ", i)})
	}
	alone := (heapAndStacks() - before) / manySpeakers

	before = heapAndStacks()
	sim.SSDPGroup = group
	var found []*speaker.Speaker
	for i := range manySpeakers {
		one, _ := sim.addSpeaker(speaker.Options{Name: fmt.Sprint("Room ", i)})
		found = append(found, one)
	}
	for i, one := range found {
		sim.waitOffered(fmt.Sprint("Room ", i))
		sim.eventually("it is subscribed to", func() bool { return one.Subscriptions() > 0 })
	}
	idle := (heapAndStacks()-before)/manySpeakers - alone
	t.Logf("an idle speaker: %d KiB, beside %d KiB of its simulation", idle>>10, alone>>10)
	if idle > idleSpeakerAtMost {
		t.Errorf("want %d KiB at most for an idle speaker, got %d", idleSpeakerAtMost>>10, idle>>10)
	}

	music := testMusic(1, waitTimeout)
	before = heapAndStacks()
	for i := range found {
		sim.connectSender(sim.waitOffered(fmt.Sprint("Room ", i)), sender.Options{}).keepPlaying(music)
	}
	// The ring of a stream has room for 12 s of WAV.
	sim.eventually("all rings are full", func() bool {
		for _, one := range found {
			if one.Position() < 13*time.Second {
				return false
			}
		}
		return true
	})
	stream := (heapAndStacks() - before) / manySpeakers
	t.Logf("a stream: %d KiB, with its simulated sender and what the speaker reads ahead", stream>>10)
	if stream > streamAtMost {
		t.Errorf("want %d KiB at most for a stream, got %d", streamAtMost>>10, stream>>10)
	}
}
