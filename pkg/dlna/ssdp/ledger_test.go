package ssdp

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

func answerOf(device int) Answer {
	udn := fmt.Sprintf("uuid:%d", device)
	return Answer{UDN: udn, USN: udn + "::urn:x", Location: "http://192.0.2.1/"}
}

func TestLedgerOncePerRound(t *testing.T) {
	l := newLedger()
	now := time.Unix(1000, 0)
	l.beginRound(now)
	moved := answerOf(1)
	moved.Location = "http://192.0.2.2/"
	steps := []struct {
		name string
		a    Answer
		want entryKind
	}{
		{"first", answerOf(1), entryNew},
		{"again", answerOf(1), entryKnown},
		{"another location", moved, entryNew},
		{"another device", answerOf(2), entryNew},
	}
	for _, s := range steps {
		if got := l.enter(s.a); s.want != got {
			t.Errorf("%s: want %v, got %v", s.name, s.want, got)
		}
	}
	l.beginRound(now.Add(time.Second))
	if got := l.enter(answerOf(1)); got != entryNew {
		t.Errorf("next round: want it new, got %v", got)
	}
}

func TestLedgerSettled(t *testing.T) {
	l := newLedger()
	now := time.Unix(1000, 0)
	l.beginRound(now)
	steps := []struct {
		name    string
		answers []int
		want    bool // at the beginning of the round after
	}{
		{"nobody", nil, false},
		{"both", []int{1, 2}, true},
		{"one silent", []int{1}, false},
		{"it is back", []int{1, 2}, true},
		{"silent 1", []int{1}, false},
		{"silent 2", []int{1}, false},
		{"silent 3, forgotten", []int{1}, true},
	}
	for _, s := range steps {
		for _, d := range s.answers {
			l.enter(answerOf(d))
		}
		now = now.Add(unsettledPause)
		l.beginRound(now)
		if got := l.settled(); s.want != got {
			t.Errorf("%s: want settled %v, got %v", s.name, s.want, got)
		}
	}
}

// Rounds in quick succession leave no time to answer, so they count nothing.
func TestLedgerQuickRounds(t *testing.T) {
	l := newLedger()
	now := time.Unix(1000, 0)
	l.beginRound(now)
	l.enter(answerOf(1))
	for range 3 {
		now = now.Add(time.Second)
		l.beginRound(now)
	}
	if !l.settled() {
		t.Error("want the device settled still")
	}
}

func TestLedgerDevicesCapped(t *testing.T) {
	l := newLedger()
	for d := range maxDevices {
		if got := l.enter(answerOf(d)); got != entryNew {
			t.Fatalf("device %d: want it new, got %v", d, got)
		}
	}
	if got := l.enter(answerOf(maxDevices)); got != entryFull {
		t.Errorf("want no room for one more device, got %v", got)
	}
	known := answerOf(0)
	for i := range maxEntries {
		known.Location = fmt.Sprintf("http://192.0.2.1:%d/", i)
		l.enter(known)
	}
	if len(l.entries) != maxEntries || l.enter(answerOf(1)) != entryKnown {
		t.Errorf("want %d entries at most and the old ones kept, got %d", maxEntries, len(l.entries))
	}
}

func TestLedgerSourcesLimited(t *testing.T) {
	l := newLedger()
	loud := netip.MustParseAddr("192.0.2.66")
	for range maxAnswersPerSource {
		if !l.admit(loud) {
			t.Fatal("want answers up to the limit")
		}
	}
	if l.admit(loud) {
		t.Error("want no more of a source that floods")
	}
	addr := netip.MustParseAddr("198.51.0.0")
	for range 2 * maxSources {
		l.admit(addr)
		addr = addr.Next()
	}
	if len(l.sources) != maxSources {
		t.Errorf("want %d sources at most, got %d", maxSources, len(l.sources))
	}
	l.beginRound(time.Unix(1000, 0))
	if !l.admit(loud) {
		t.Error("want everybody heard again in the next round")
	}
}
