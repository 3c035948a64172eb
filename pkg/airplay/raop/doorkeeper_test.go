package raop

import (
	"net/netip"
	"testing"
	"time"
)

var (
	doorOpens = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	villain   = netip.MustParseAddr("10.0.0.66")
	neighbour = netip.MustParseAddr("10.0.0.67")
)

func TestPenaltyGrowsAndIsBounded(t *testing.T) {
	var door doorkeeper
	for i, want := range []time.Duration{0, 0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second,
		16 * time.Second, 32 * time.Second, time.Minute, time.Minute} {
		if got := door.wrong(villain, doorOpens); got != want {
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
		door.wrong(villain, doorOpens)
	}
	for _, test := range []struct {
		name  string
		peer  netip.Addr
		after time.Duration
		want  bool
	}{
		{"at once", villain, 0, false},
		{"a moment too early", villain, firstPenalty - 1, false},
		{"in time", villain, firstPenalty, true},
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
		door.wrong(villain, doorOpens)
	}
	if got := door.wrong(villain, doorOpens.Add(forgetAfter)); got != longestPenalty {
		t.Errorf("want %v while remembered, got %v", longestPenalty, got)
	}
	if got := door.wrong(villain, doorOpens.Add(2*forgetAfter+1)); got != 0 {
		t.Errorf("want no penalty when forgotten, got %v", got)
	}
}

func TestRightPasswordClearsThePenalty(t *testing.T) {
	var door doorkeeper
	for range 20 {
		door.wrong(villain, doorOpens)
	}
	door.right(villain, "", doorOpens)
	for range 20 {
		door.right(villain, "", doorOpens)
		if got := door.wrong(villain, doorOpens); got != 0 {
			t.Errorf("want no penalty after the right password, got %v", got)
		}
	}
}

// Who guesses under the name of its subnet, and is right then, leaves no penalty to
// its neighbours there. Coming again as one who is known, it takes none from them.
func TestRightPasswordClearsThePenaltyOfTheSubnet(t *testing.T) {
	var door doorkeeper
	peers := addresses(2, "2001:db8::1", 7)
	for range 20 {
		door.wrong(peers[0], doorOpens)
	}
	door.right(peers[0], "", doorOpens)
	for i, want := range []time.Duration{0, 0, time.Second, 2 * time.Second} {
		if got := door.wrong(peers[1], doorOpens); got != want {
			t.Errorf("wrong password %d of the neighbour: want %v, got %v", i+1, want, got)
		}
		door.right(peers[0], "", doorOpens)
	}
}

func TestKnownOnesGuessesHinderNoStranger(t *testing.T) {
	var door doorkeeper
	door.right(villain, "", doorOpens)
	for range 20 {
		door.wrong(villain, doorOpens)
	}
	if door.hears(villain, doorOpens) || !door.hears(neighbour, doorOpens) {
		t.Error("want the one who guesses not heard, and others heard")
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
		{"another host", villain, "iTunes/11.0.4", 0, false},
		{"a stranger without a name", villain, "", 0, false},
	} {
		if got := door.knows(test.peer, test.userAgent, doorOpens.Add(test.after)); got != test.want {
			t.Errorf("%s: want %v, got %v", test.name, test.want, got)
		}
	}
}

// guessAll lets each peer give a wrong password where it is heard, and says how
// many were.
func guessAll(door *doorkeeper, peers []netip.Addr, now time.Time) (heard int) {
	for _, peer := range peers {
		if door.hears(peer, now) {
			door.wrong(peer, now)
			heard++
		}
	}
	return heard
}

// addresses are so many, the one step apart from the next in its last or its
// fourth pair of bytes.
func addresses(n int, first string, pair int) (all []netip.Addr) {
	b := netip.MustParseAddr(first).As16()
	for i := range n {
		b[2*pair], b[2*pair+1] = byte(i>>8), byte(i)
		all = append(all, netip.AddrFrom16(b).Unmap())
	}
	return all
}

// TestGuessingFromManyAddresses lets a host guess from ever new addresses.
func TestGuessingFromManyAddresses(t *testing.T) {
	const total, interfaceID, subnetID = 300, 7, 3
	for _, test := range []struct {
		name             string
		peers            []netip.Addr
		atOnce, inMinute int // passwords that are looked at
	}{
		{"of one subnet", addresses(total, "2001:db8::1", interfaceID), freeGuesses, 5},
		{"of unique local ones", addresses(total, "fd00::1", interfaceID), freeGuesses, 5},
		{"of many subnets", addresses(total, "2001:db8::1", subnetID), 10, 10},
		{"link-local", addresses(total, "fe80::1", interfaceID), 10, 10},
		{"IPv4", addresses(total, "::ffff:10.0.0.0", interfaceID), 10, 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			var door doorkeeper
			if got := guessAll(&door, test.peers, doorOpens); got != test.atOnce {
				t.Errorf("want %d of %d heard at once, got %d", test.atOnce, total, got)
			}
			got := 0
			for second := range 30 {
				got += guessAll(&door, test.peers, doorOpens.Add(time.Duration(second+1)*2*time.Second))
			}
			if got != test.inMinute {
				t.Errorf("want %d heard in the next minute, got %d", test.inMinute, got)
			}
		})
	}
}

// TestKnownOnesPassWhileStrangersGuess: neither those of its subnet nor hosts
// without end hinder or push out who was admitted, or clear its penalty.
func TestKnownOnesPassWhileStrangersGuess(t *testing.T) {
	const program = "AirPlay/745"
	for _, phone := range []netip.Addr{netip.MustParseAddr("2001:db8::77:1"), neighbour, netip.MustParseAddr("fe80::1%eth0")} {
		t.Run(phone.String(), func(t *testing.T) {
			var door doorkeeper
			door.right(phone, program, doorOpens)
			now := doorOpens
			for _, first := range []string{"2001:db8::1", "2001:db9::1", "::ffff:10.1.0.0"} {
				for _, pair := range []int{3, 7} {
					for _, peer := range addresses(300, first, pair) {
						now = now.Add(time.Millisecond)
						door.wrong(peer, now) // as if all were heard
					}
				}
			}
			if !door.knows(phone, program, now) {
				t.Error("want it known, it was forgotten")
			}
			if door.knows(phone, "another program", now) || door.knows(villain, program, now) {
				t.Error("want the password asked for")
			}
			if !door.hears(phone, now) {
				t.Error("want another program there heard, it is not")
			}
			if stranger := netip.MustParseAddr("192.168.7.7"); door.hears(stranger, now) || !door.hears(stranger, now.Add(4*time.Hour)) {
				t.Error("want a stranger heard later, and not at once")
			}
		})
	}
}

// TestGuesserIsNotForgottenFirst fills the book: those whose penalty is over give
// way before one who is to wait.
func TestGuesserIsNotForgottenFirst(t *testing.T) {
	var door doorkeeper
	for range 20 {
		door.wrong(villain, doorOpens)
	}
	for i, peer := range addresses(2*maxGuessers, "2001:db8::1", 3) {
		door.wrong(peer, doorOpens.Add(time.Duration(i)*time.Millisecond))
	}
	if got := len(door.guessers); got != maxGuessers {
		t.Errorf("want %d guessers, got %d", maxGuessers, got)
	}
	if got := door.wrong(villain, doorOpens.Add(time.Second)); got != longestPenalty {
		t.Errorf("want the penalty kept, got %v", got)
	}
}

func TestAdmittedAreBounded(t *testing.T) {
	var door doorkeeper
	peers := addresses(2*maxAdmitted, "2001:db8::1", 7)
	for i, peer := range peers {
		door.right(peer, "", doorOpens.Add(time.Duration(i)*time.Second))
	}
	now := doorOpens.Add(time.Hour)
	if got := len(door.admitted); got != maxAdmitted {
		t.Errorf("want %d admitted, got %d", maxAdmitted, got)
	}
	if door.knows(peers[maxAdmitted-1], "", now) || !door.knows(peers[maxAdmitted], "", now) {
		t.Error("want the oldest forgotten")
	}
}
