package raop

import (
	"net/netip"
	"testing"
	"time"
)

var (
	doorOpens = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	guesser   = netip.MustParseAddr("10.0.0.66")
	neighbour = netip.MustParseAddr("10.0.0.67")
)

func TestPenaltyGrowsAndIsBounded(t *testing.T) {
	var door doorkeeper
	for i, want := range []time.Duration{0, 0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second,
		16 * time.Second, 32 * time.Second, time.Minute, time.Minute} {
		if got := door.wrong(guesser, doorOpens); got != want {
			t.Errorf("wrong password %d: want %v, got %v", i+1, want, got)
		}
	}
	if got := penalty(1 << 30); got != longestPenalty {
		t.Errorf("want %v, got %v", longestPenalty, got)
	}
}

func TestGuesserIsNotHeard(t *testing.T) {
	var door doorkeeper
	for range freeGuesses {
		door.wrong(guesser, doorOpens)
	}
	for _, test := range []struct {
		name  string
		peer  netip.Addr
		after time.Duration
		want  bool
	}{
		{"at once", guesser, 0, false},
		{"a moment too early", guesser, firstPenalty - 1, false},
		{"in time", guesser, firstPenalty, true},
		{"another peer", neighbour, 0, true},
	} {
		if got := door.hears(test.peer, doorOpens.Add(test.after)); got != test.want {
			t.Errorf("%s: want %v, got %v", test.name, test.want, got)
		}
	}
}

func TestGuessesAreForgotten(t *testing.T) {
	var door doorkeeper
	for range 20 {
		door.wrong(guesser, doorOpens)
	}
	if got := door.wrong(guesser, doorOpens.Add(forgetAfter)); got != longestPenalty {
		t.Errorf("want %v while remembered, got %v", longestPenalty, got)
	}
	if got := door.wrong(guesser, doorOpens.Add(2*forgetAfter+1)); got != 0 {
		t.Errorf("want no penalty when forgotten, got %v", got)
	}
	door.right(guesser, "", doorOpens.Add(3*forgetAfter))
	if got := door.wrong(guesser, doorOpens.Add(3*forgetAfter)); got != 0 {
		t.Errorf("want no penalty after the right password, got %v", got)
	}
}

func TestProgramIsKnown(t *testing.T) {
	var door doorkeeper
	door.right(neighbour, "iTunes/11.0.4", doorOpens)
	for _, test := range []struct {
		name      string
		peer      netip.Addr
		userAgent string
		after     time.Duration
		want      bool
	}{
		{"the same", neighbour, "iTunes/11.0.4", 0, true},
		{"much later", neighbour, "iTunes/11.0.4", admittedFor - 1, true},
		{"too late", neighbour, "iTunes/11.0.4", admittedFor, false},
		{"another program", neighbour, "AirPlay/745", 0, false},
		{"another host", guesser, "iTunes/11.0.4", 0, false},
		{"a stranger without a name", guesser, "", 0, false},
	} {
		if got := door.knows(test.peer, test.userAgent, doorOpens.Add(test.after)); got != test.want {
			t.Errorf("%s: want %v, got %v", test.name, test.want, got)
		}
	}
}

func TestDoorkeeperIsBounded(t *testing.T) {
	var door doorkeeper
	addr := netip.MustParseAddr("10.1.0.0")
	for i := range 3 * maxVisitors {
		door.wrong(addr, doorOpens.Add(time.Duration(i)*time.Millisecond))
		addr = addr.Next()
	}
	if got := len(door.visitors); got != maxVisitors {
		t.Errorf("want %d visitors, got %d", maxVisitors, got)
	}
	if _, kept := door.visitors[addr.Prev()]; !kept {
		t.Error("the latest visitor was forgotten instead of the oldest")
	}
}
