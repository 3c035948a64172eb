package auth

import (
	"net/netip"
	"testing"
	"time"
)

var (
	begin     = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	guesser   = netip.MustParseAddr("10.0.0.66")
	neighbour = netip.MustParseAddr("10.0.0.67")
)

func TestPenaltyGrowsAndIsBounded(t *testing.T) {
	var l Limiter
	for i, want := range []time.Duration{0, 0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second,
		16 * time.Second, 32 * time.Second, time.Minute, time.Minute} {
		if got := l.Fail(guesser, begin); got != want {
			t.Errorf("wrong password %d: want %v, got %v", i+1, want, got)
		}
	}
	if got := penalty(1 << 30); got != longestPenalty {
		t.Errorf("want %v, got %v", longestPenalty, got)
	}
}

func TestGuesserIsBlocked(t *testing.T) {
	var l Limiter
	for range freeAttempts {
		l.Fail(guesser, begin)
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
		if got := l.Allows(test.peer, begin.Add(test.after)); got != test.want {
			t.Errorf("%s: want %v, got %v", test.name, test.want, got)
		}
	}
}

func TestFailuresAreForgotten(t *testing.T) {
	var l Limiter
	for range 20 {
		l.Fail(guesser, begin)
	}
	if got := l.Fail(guesser, begin.Add(forgetAfter)); got != longestPenalty {
		t.Errorf("want %v while remembered, got %v", longestPenalty, got)
	}
	if got := l.Fail(guesser, begin.Add(2*forgetAfter+1)); got != 0 {
		t.Errorf("want no penalty when forgotten, got %v", got)
	}
}

func TestRightPasswordClearsThePenalty(t *testing.T) {
	var l Limiter
	for range 20 {
		l.Fail(guesser, begin)
	}
	l.Admit(guesser, "", begin)
	for range 20 {
		l.Admit(guesser, "", begin)
		if got := l.Fail(guesser, begin); got != 0 {
			t.Errorf("want no penalty after the right password, got %v", got)
		}
	}
}

// A client that gives wrong passwords, which count for its subnet, and then the
// right one leaves no penalty to its neighbours there. Coming again as an admitted
// client, it clears none of theirs.
func TestRightPasswordClearsThePenaltyOfTheSubnet(t *testing.T) {
	var l Limiter
	peers := addresses(2, "2001:db8::1", 7)
	for range 20 {
		l.Fail(peers[0], begin)
	}
	l.Admit(peers[0], "", begin)
	for i, want := range []time.Duration{0, 0, time.Second, 2 * time.Second} {
		if got := l.Fail(peers[1], begin); got != want {
			t.Errorf("wrong password %d of the neighbour: want %v, got %v", i+1, want, got)
		}
		l.Admit(peers[0], "", begin)
	}
}

func TestFailuresOfAdmittedClientDoNotBlockOthers(t *testing.T) {
	var l Limiter
	l.Admit(guesser, "", begin)
	for range 20 {
		l.Fail(guesser, begin)
	}
	if l.Allows(guesser, begin) || !l.Allows(neighbour, begin) {
		t.Error("want the client that guesses blocked, and others allowed")
	}
}

func TestProgramIsAdmitted(t *testing.T) {
	var l Limiter
	l.Admit(neighbour, "iTunes/11.0.4", begin)
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
		{"an unknown client without a name", guesser, "", 0, false},
	} {
		if got := l.IsAdmitted(test.peer, test.userAgent, begin.Add(test.after)); got != test.want {
			t.Errorf("%s: want %v, got %v", test.name, test.want, got)
		}
	}
}

// guessAll lets each peer give a wrong password where it is allowed to, and returns
// how many were.
func guessAll(l *Limiter, peers []netip.Addr, now time.Time) (allowed int) {
	for _, peer := range peers {
		if l.Allows(peer, now) {
			l.Fail(peer, now)
			allowed++
		}
	}
	return allowed
}

// addresses are n addresses which count up in the given pair of bytes: 7 is the end
// of the interface ID, 3 that of the subnet.
func addresses(n int, first string, pair int) (all []netip.Addr) {
	b := netip.MustParseAddr(first).As16()
	for i := range n {
		b[2*pair], b[2*pair+1] = byte(i>>8), byte(i)
		all = append(all, netip.AddrFrom16(b).Unmap())
	}
	return all
}

// TestGuessingFromManyAddresses has a host guess from ever new addresses.
func TestGuessingFromManyAddresses(t *testing.T) {
	const total, interfaceID, subnetID = 300, 7, 3
	for _, test := range []struct {
		name             string
		peers            []netip.Addr
		atOnce, inMinute int // passwords that are compared
	}{
		{"of one subnet", addresses(total, "2001:db8::1", interfaceID), freeAttempts, 5},
		{"of unique local ones", addresses(total, "fd00::1", interfaceID), freeAttempts, 5},
		{"of many subnets", addresses(total, "2001:db8::1", subnetID), 10, 10},
		{"link-local", addresses(total, "fe80::1", interfaceID), 10, 10},
		{"IPv4", addresses(total, "::ffff:10.0.0.0", interfaceID), 10, 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			var l Limiter
			if got := guessAll(&l, test.peers, begin); got != test.atOnce {
				t.Errorf("want %d of %d allowed at once, got %d", test.atOnce, total, got)
			}
			got := 0
			for second := range 30 {
				got += guessAll(&l, test.peers, begin.Add(time.Duration(second+1)*2*time.Second))
			}
			if got != test.inMinute {
				t.Errorf("want %d allowed in the next minute, got %d", test.inMinute, got)
			}
		})
	}
}

// TestAdmittedClientsPassWhileOthersGuess: neither clients of its
// subnet nor any number of other hosts block, or displace, an admitted client.
func TestAdmittedClientsPassWhileOthersGuess(t *testing.T) {
	const program = "AirPlay/745"
	for _, phone := range []netip.Addr{netip.MustParseAddr("2001:db8::77:1"), neighbour, netip.MustParseAddr("fe80::1%eth0")} {
		t.Run(phone.String(), func(t *testing.T) {
			var l Limiter
			l.Admit(phone, program, begin)
			now := begin
			for _, first := range []string{"2001:db8::1", "2001:db9::1", "::ffff:10.1.0.0"} {
				for _, pair := range []int{3, 7} {
					for _, peer := range addresses(300, first, pair) {
						now = now.Add(time.Millisecond)
						l.Fail(peer, now) // as if all were allowed
					}
				}
			}
			if !l.IsAdmitted(phone, program, now) {
				t.Error("want it admitted, it was forgotten")
			}
			if l.IsAdmitted(phone, "another program", now) || l.IsAdmitted(guesser, program, now) {
				t.Error("want the password asked for")
			}
			if !l.Allows(phone, now) {
				t.Error("want another program there allowed, it is not")
			}
			if unknown := netip.MustParseAddr("192.168.7.7"); l.Allows(unknown, now) || !l.Allows(unknown, now.Add(4*time.Hour)) {
				t.Error("want an unknown client allowed later, and not at once")
			}
		})
	}
}

// TestGuesserIsNotForgottenFirst fills the map: peers whose penalty is over are
// dropped before one that is still blocked.
func TestGuesserIsNotForgottenFirst(t *testing.T) {
	var l Limiter
	for range 20 {
		l.Fail(guesser, begin)
	}
	for i, peer := range addresses(2*maxFailing, "2001:db8::1", 3) {
		l.Fail(peer, begin.Add(time.Duration(i)*time.Millisecond))
	}
	if got := len(l.failing); got != maxFailing {
		t.Errorf("want %d peers, got %d", maxFailing, got)
	}
	if got := l.Fail(guesser, begin.Add(time.Second)); got != longestPenalty {
		t.Errorf("want the penalty kept, got %v", got)
	}
}

func TestAdmittedAreBounded(t *testing.T) {
	var l Limiter
	peers := addresses(2*maxAdmitted, "2001:db8::1", 7)
	for i, peer := range peers {
		l.Admit(peer, "", begin.Add(time.Duration(i)*time.Second))
	}
	now := begin.Add(time.Hour)
	if got := len(l.admitted); got != maxAdmitted {
		t.Errorf("want %d admitted, got %d", maxAdmitted, got)
	}
	if l.IsAdmitted(peers[maxAdmitted-1], "", now) || !l.IsAdmitted(peers[maxAdmitted], "", now) {
		t.Error("want the oldest forgotten")
	}
}
