package bridge

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
)

func TestPlaces(t *testing.T) {
	const location = "http://192.0.2.1:1400/description.xml"
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	answer := ssdp.Answer{Location: location}
	failed := finding{location: location, err: errors.New("refused")}
	found := finding{location: location, targets: []*target{{udn: "uuid:1"}}}

	p := newPlaces()
	if !p.visit(answer, now) {
		t.Fatal("want a new LOCATION looked at")
	}
	if p.visit(answer, now) {
		t.Fatal("want no second look while the first is under way")
	}
	p.described(failed, now)
	if p.visit(answer, now.Add(time.Second)) {
		t.Error("want no look right after a failure")
	}
	if !p.visit(answer, now.Add(lookAgain)) {
		t.Error("want another look after the wait")
	}
	p.described(failed, now)
	if p.visit(answer, now.Add(lookAgain)) || !p.visit(answer, now.Add(2*lookAgain)) {
		t.Error("want the wait doubled")
	}
	p.described(found, now)
	if p.visit(answer, now.Add(describeAgain)) {
		t.Error("want no look at what was described")
	}
	if !p.visit(answer, now.Add(describeAgain+time.Second)) {
		t.Error("want another look at an old description")
	}
	p.described(found, now)
	if got := p.devices(location); len(got) != 1 || got[0] != "uuid:1" {
		t.Errorf("want the device remembered, got %q", got)
	}
	answer.BootID = 2
	if !p.visit(answer, now) {
		t.Error("want a look after a restart")
	}
	p.described(found, now)
	answer.ConfigID = 7
	if !p.visit(answer, now) {
		t.Error("want a look at what says that it changed")
	}
	p.described(found, now)
	answer.BootID, answer.ConfigID = 0, 0
	if p.visit(answer, now) {
		t.Error("want no look for an answer that tells neither number")
	}
}

func TestPlacesAreBounded(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := newPlaces()
	looked := 0
	for i := range 10 * maxPlaces {
		if p.visit(ssdp.Answer{Location: fmt.Sprintf("http://192.0.2.1:%d/", i)}, now) {
			looked++
		}
	}
	if looked != maxPlaces || len(p.all) != maxPlaces {
		t.Errorf("want %d places, got %d looked at and %d kept", maxPlaces, looked, len(p.all))
	}
	for _, pl := range p.all {
		pl.looking = false
	}
	if !p.visit(ssdp.Answer{Location: "http://192.0.2.2/"}, now.Add(2*forgetAfter)) {
		t.Error("want room again once the old ones are forgotten")
	}
}
