package fleet

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
)

// foundAt is the outcome of a look that found one speaker.
func foundAt(location, udn string) finding {
	return finding{location: location, found: []*found{{Target: player.Target{UDN: udn}}}}
}

func TestLocations(t *testing.T) {
	const location = "http://192.0.2.1:1400/description.xml"
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	answer := ssdp.Answer{Location: location}
	failed := finding{location: location, err: errors.New("refused")}
	found := foundAt(location, "uuid:1")

	k := newLocations()
	if !k.visit(answer, now) {
		t.Fatal("want a new LOCATION looked at")
	}
	if k.visit(answer, now) {
		t.Fatal("want no second look while the first is under way")
	}
	k.described(failed, now)
	if k.visit(answer, now.Add(time.Second)) {
		t.Error("want no look right after a failure")
	}
	if !k.visit(answer, now.Add(lookAgain)) {
		t.Error("want another look after the wait")
	}
	k.described(failed, now)
	if k.visit(answer, now.Add(lookAgain)) || !k.visit(answer, now.Add(2*lookAgain)) {
		t.Error("want the wait doubled")
	}
	k.described(found, now)
	if k.visit(answer, now.Add(describeAgain)) {
		t.Error("want no look at what was described")
	}
	if !k.visit(answer, now.Add(describeAgain+time.Second)) {
		t.Error("want another look at an old description")
	}
	k.described(found, now)
	if got := k.devices(location); len(got) != 1 || got[0] != "uuid:1" {
		t.Errorf("want the device remembered, got %q", got)
	}
	answer.BootID = 2
	if !k.visit(answer, now) {
		t.Error("want a look after a restart")
	}
	k.described(found, now)
	answer.ConfigID = 7
	if !k.visit(answer, now) {
		t.Error("want a look at what says that it changed")
	}
	k.described(found, now)
	answer.BootID, answer.ConfigID = 0, 0
	if k.visit(answer, now) {
		t.Error("want no look for an answer that gives neither number")
	}
}

func TestLocationsAreBounded(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	k := newLocations()
	looked := 0
	for i := range 10 * maxLocations {
		if k.visit(ssdp.Answer{Location: fmt.Sprintf("http://192.0.2.1:%d/", i)}, now) {
			looked++
		}
	}
	if looked != maxLocations || len(k.all) != maxLocations {
		t.Errorf("want %d LOCATIONs, got %d looked at and %d kept", maxLocations, looked, len(k.all))
	}
	for _, l := range k.all {
		l.looking = false
	}
	if !k.visit(ssdp.Answer{Location: "http://192.0.2.2/"}, now.Add(2*forgetAfter)) {
		t.Error("want another one taken once the old ones are forgotten")
	}
}

// The household that an answer to a search names is known at its LOCATION.
func TestHouseholdOfAnAnswer(t *testing.T) {
	k, now := newLocations(), time.Now()
	k.visit(ssdp.Answer{Location: wired, Household: "Sonos_1"}, now)
	k.visit(ssdp.Answer{Location: wired}, now) // not all its answers name it
	if got := k.household(wired); got != "Sonos_1" {
		t.Errorf("want Sonos_1, got %q", got)
	}
	if got := k.household(wireless); got != "" {
		t.Errorf("want no household where none was named, got %q", got)
	}
}
