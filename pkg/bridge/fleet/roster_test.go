package fleet

import (
	"strings"
	"testing"
	"time"
)

// A speaker may answer on two interfaces: it is played on at the one found
// first, for as long as that works.
func TestSpeakerAtTwoLocations(t *testing.T) {
	h := newHarness(t)
	h.finds("uuid:1", "Kitchen", wired)
	h.finds("uuid:1", "Kitchen", wireless)
	h.wantAt("uuid:1", wired)
	h.wantLook(wired, true) // it may have moved
	h.finds("uuid:1", "Kitchen", wired)
	h.wantAt("uuid:1", wired)
	h.wantLook(wireless, false)
	if len(h.roster) != 1 {
		t.Errorf("want one speaker, got %d", len(h.roster))
	}

	h.fails(wired)
	h.wantLook(wireless, true)
	h.finds("uuid:1", "Kitchen", wireless)
	h.wantAt("uuid:1", wireless)
	h.finds("uuid:1", "Kitchen", wired)
	h.wantAt("uuid:1", wireless)
}

// A speaker that starts anew at another port is found there before its old
// LOCATION was looked at.
func TestSpeakerMoves(t *testing.T) {
	h := newHarness(t)
	h.finds("uuid:1", "Kitchen", wired)
	h.finds("uuid:1", "Kitchen", wireless)
	h.fails(wired)
	h.finds("uuid:1", "Kitchen", wireless)
	h.wantAt("uuid:1", wireless)
}

// A bridge that cannot reach its speaker has it looked for at once.
func TestUnreachableSpeakerIsLookedFor(t *testing.T) {
	h := newHarness(t)
	h.finds("uuid:1", "Kitchen", wired)
	h.lost("uuid:1", h.now)
	h.wantLook(wired, true)
	h.finds("uuid:1", "Kitchen", wireless)
	h.wantAt("uuid:1", wireless)
}

func TestAbsentSpeakerStaysListedForAWhile(t *testing.T) {
	h := newHarness(t)
	h.finds("uuid:1", "Kitchen", wired)
	id, port := h.roster["uuid:1"].bridge.ID(), h.roster["uuid:1"].bridge.Port()
	for range absentAfter {
		h.fails(wired)
	}
	if h.roster["uuid:1"].absent.IsZero() {
		t.Error("want the speaker thought to be gone")
	}
	h.now = h.now.Add(h.options.Grace)
	h.survey(h.now)
	h.wantLook(wired, true)
	h.finds("uuid:1", "Kitchen", wired)
	h.wantAt("uuid:1", wired)
	if s := h.roster["uuid:1"]; s.bridge.ID() != id || s.bridge.Port() != port {
		t.Error("want the same id and port after it came back")
	}

	for range absentAfter {
		h.fails(wired)
	}
	h.now = h.now.Add(h.options.Grace + time.Second)
	h.survey(h.now)
	if len(h.roster) != 0 {
		t.Error("want the speaker taken off the list")
	}
}

func TestSilentSpeakerIsLookedAt(t *testing.T) {
	h := newHarness(t)
	h.finds("uuid:1", "Kitchen", wired)
	h.roster["uuid:1"].seen = h.now
	h.survey(h.now.Add(suspectAfter - time.Second))
	h.wantLook(wired, false)
	h.survey(h.now.Add(suspectAfter))
	h.wantLook(wired, true)
}

func TestSpeakerIsRenamed(t *testing.T) {
	h := newHarness(t)
	h.finds("uuid:1", "Kitchen", wired)
	before := h.roster["uuid:1"].publication
	h.finds("uuid:1", "Kitchen", wired)
	if h.roster["uuid:1"].publication != before {
		t.Error("want nothing announced anew without a new name")
	}
	h.finds("uuid:1", "Library", wired)
	s := h.roster["uuid:1"]
	if want, got := "Library (AirPlay)", s.bridge.Name(); want != got {
		t.Errorf("want the speaker called %q, got %q", want, got)
	}
	if got := s.publication.Name(); !strings.HasSuffix(got, "@Library (AirPlay)") {
		t.Errorf("want the new name announced, got %q", got)
	}
	if want, got := "Library (AirPlay)", h.manager.Snapshot().Speakers[0].Name; want != got {
		t.Errorf("want %q shown, got %q", want, got)
	}
}

func TestSpeakersAreBounded(t *testing.T) {
	h := newHarness(t)
	for i := range maxSpeakers + 1 {
		h.finds("uuid:"+strings.Repeat("x", i), "Kitchen", wired)
	}
	if len(h.roster) != maxSpeakers {
		t.Errorf("want %d speakers, got %d", maxSpeakers, len(h.roster))
	}
}

// The bridge of a speaker that failed is set up anew, without the others.
func TestFailedBridgeIsSetUpAnew(t *testing.T) {
	h := newHarness(t)
	h.finds("uuid:1", "Kitchen", wired)
	h.finds("uuid:2", "Bath", wireless)
	h.failed("uuid:1")
	if h.roster["uuid:1"] != nil || h.roster["uuid:2"] == nil {
		t.Fatalf("want the failed one gone alone, got %v", h.roster)
	}
	h.finds("uuid:1", "Kitchen", wired)
	h.wantAt("uuid:1", wired)
}
