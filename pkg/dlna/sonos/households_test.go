package sonos_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

const (
	a, b, c             = "RINCON_A", "RINCON_B", "RINCON_C"
	addrA, addrB, addrC = "192.0.2.11", "192.0.2.12", "192.0.2.13"
)

// A harness runs Households with simulated players in a synctest bubble.
type harness struct {
	t          *testing.T
	net        *fakeNet
	households *sonos.Households
	topologies recorder
}

// watchHouseholds runs script with households whose players send events, if asked for.
func watchHouseholds(t *testing.T, events bool, script func(*harness)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &harness{t: t, net: newFakeNet()}
		o := sonos.Options{Client: s.net, OnChange: s.topologies.add}
		if events {
			o.Events, o.Callback = s.net, callback
		}
		s.households = sonos.NewHouseholds(o)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.households.Run(ctx) }()
		defer func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("Run: %v", err)
			}
		}()
		script(s)
	})
}

func (h *harness) find(uuid, address, household string) {
	h.t.Helper()
	h.households.PlayerFound(newPlayer(h.t, uuid, address), household)
	h.wait(time.Second)
}

// wait lets time pass.
func (h *harness) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestTopologyIsAskedForWithoutEvents(t *testing.T) {
	watchHouseholds(t, false, func(s *harness) {
		s.net.set(addrA, fakePlayer{state: eachAlone(a, b)})
		s.find(a, addrA, "Sonos_1")
		s.topologies.want(t, 1, map[string]string{a: a, b: b})
		s.wait(time.Minute)
		s.topologies.want(t, 1, map[string]string{a: a, b: b})
		if got := s.net.asked(addrA); got < 5 || got > 8 {
			t.Errorf("want about 6 questions in a minute, got %d", got)
		}
		s.net.set(addrA, fakePlayer{state: oneGroup(a, b)})
		s.wait(10 * time.Second)
		s.topologies.want(t, 2, map[string]string{a: a, b: a})
		if got := s.households.Topologies(); len(got) != 1 || got[0].Household != "Sonos_1" || len(got[0].Groups) != 1 {
			t.Errorf("want the one topology of Sonos_1, got %+v", got)
		}
	})
}

func TestTopologyByEvents(t *testing.T) {
	watchHouseholds(t, true, func(s *harness) {
		s.net.set(addrA, fakePlayer{state: eachAlone(a, b)})
		s.find(a, addrA, "Sonos_1")
		asked := s.net.asked(addrA)
		if !s.net.sendEvent(addrA, map[string]string{"ZoneGroupState": oneGroup(b, a)}) {
			t.Fatal("want a subscription")
		}
		s.wait(0)
		s.topologies.want(t, 2, map[string]string{a: b, b: b})
		if !s.net.sendEvent(addrA, map[string]string{"AvailableSoftwareUpdate": "<x/>"}) {
			t.Fatal("want the subscription kept")
		}
		s.wait(50 * time.Second)
		if got := s.net.asked(addrA); got != asked {
			t.Errorf("want no question while events come, got %d", got-asked)
		}
		s.topologies.want(t, 2, map[string]string{a: b, b: b})
	})
}

func TestLargeHouseholdOnlySendsEvents(t *testing.T) {
	watchHouseholds(t, true, func(s *harness) {
		s.net.set(addrA, fakePlayer{err: fmt.Errorf("upnp: %w", &upnp.Fault{Code: 501})})
		s.find(a, addrA, "Sonos_1")
		s.topologies.want(t, 0, map[string]string{})
		s.net.sendEvent(addrA, map[string]string{"ZoneGroupState": eachAlone(a, b)})
		s.wait(10 * time.Minute)
		s.topologies.want(t, 1, map[string]string{a: a, b: b})
		if !s.net.sendEvent(addrA, map[string]string{"ZoneGroupState": oneGroup(a, b)}) {
			t.Fatal("want the subscription kept though the question is refused")
		}
		s.wait(0)
		s.topologies.want(t, 2, map[string]string{a: a, b: a})
	})
}

func TestPollingWhenSubscriptionIsRefused(t *testing.T) {
	watchHouseholds(t, true, func(s *harness) {
		s.net.refused = errors.New("412")
		s.net.set(addrA, fakePlayer{state: eachAlone(a)})
		s.find(a, addrA, "Sonos_1")
		s.net.set(addrA, fakePlayer{state: eachAlone(a, b)})
		s.wait(11 * time.Second)
		s.topologies.want(t, 2, map[string]string{a: a, b: b})
	})
}

func TestRefreshWaitsForTheCache(t *testing.T) {
	watchHouseholds(t, false, func(s *harness) {
		s.net.set(addrA, fakePlayer{state: eachAlone(a, b)})
		s.find(a, addrA, "Sonos_1") // the answer is a second old now
		s.net.set(addrA, fakePlayer{state: oneGroup(a, b)})
		for range 100 {
			s.households.Refresh(a)
		}
		s.wait(3500 * time.Millisecond)
		s.topologies.want(t, 1, map[string]string{a: a, b: b})
		s.wait(time.Second)
		s.topologies.want(t, 2, map[string]string{a: a, b: a})
		if got := s.net.asked(addrA); got != 1 {
			t.Errorf("want one question for all doubts, got %d", got)
		}
		s.households.Refresh("RINCON_NOBODY")
	})
}

func TestAnotherPlayerIsAskedWhenOneFails(t *testing.T) {
	tests := []struct {
		name string
		bad  fakePlayer
	}{
		{"it is gone", fakePlayer{err: errUnplugged}},
		{"it answers nonsense", fakePlayer{state: "<html>"}},
		{"it is in another topology", fakePlayer{state: eachAlone("RINCON_X")}},
		{"it cannot report so large a household", fakePlayer{err: &upnp.Fault{Code: 501}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			watchHouseholds(t, false, func(s *harness) {
				s.net.set(addrA, fakePlayer{state: eachAlone(a, b)})
				s.net.set(addrB, fakePlayer{state: eachAlone(a, b)})
				s.find(a, addrA, "Sonos_1")
				s.find(b, addrB, "Sonos_1")
				s.net.set(addrA, tt.bad)
				s.net.set(addrB, fakePlayer{state: oneGroup(b, a)})
				s.wait(time.Minute)
				s.topologies.want(t, 2, map[string]string{a: b, b: b})
				if bad, good := s.net.asked(addrA), s.net.asked(addrB); bad > 2 || good < 3 {
					t.Errorf("want the failing player left alone, got %d questions to it and %d to the other", bad, good)
				}
			})
		})
	}
}

func TestPlayerThatComesBackIsAskedAgain(t *testing.T) {
	watchHouseholds(t, false, func(s *harness) {
		s.net.set(addrA, fakePlayer{state: eachAlone(a)})
		s.find(a, addrA, "Sonos_1")
		s.net.set(addrA, fakePlayer{err: errUnplugged})
		s.wait(5 * time.Minute)
		if got := s.net.asked(addrA); got > 45 {
			t.Errorf("want a player that is gone asked now and then, got %d questions in 5 minutes", got)
		}
		s.net.set(addrA, fakePlayer{state: eachAlone(a, c)})
		s.wait(30 * time.Second)
		s.topologies.want(t, 2, map[string]string{a: a, c: c})
	})
}

func TestPlayerWithANewAddress(t *testing.T) {
	watchHouseholds(t, true, func(s *harness) {
		s.net.set(addrA, fakePlayer{state: eachAlone(a)})
		s.find(a, addrA, "Sonos_1")
		s.net.set(addrA, fakePlayer{err: errUnplugged})
		s.net.set(addrC, fakePlayer{state: eachAlone(a, b)})
		s.find(a, addrC, "Sonos_1")
		s.wait(3 * time.Minute)
		s.topologies.want(t, 2, map[string]string{a: a, b: b})
		if s.net.sendEvent(addrA, nil) || !s.net.sendEvent(addrC, nil) {
			t.Error("want the subscription at the new address alone")
		}
	})
}

func TestHouseholdsAreSeparate(t *testing.T) {
	tests := []struct{ name, known string }{
		{"known from the search", "Sonos_S2"},
		{"asked for", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			watchHouseholds(t, false, func(s *harness) {
				s.net.set(addrA, fakePlayer{state: eachAlone(a), household: "Sonos_S2"})
				s.net.set(addrB, fakePlayer{state: eachAlone(b), household: "Sonos_S1"})
				s.net.set(addrC, fakePlayer{state: eachAlone(c), household: "Sonos_S1"})
				s.find(a, addrA, tt.known)
				s.find(b, addrB, "")
				got := s.households.Topologies()
				if len(got) != 2 || got[0].Household != "Sonos_S1" || got[1].Household != "Sonos_S2" {
					t.Fatalf("want Sonos_S1 and Sonos_S2, got %+v", got)
				}
				// One player is taken over from S1 to S2.
				s.find(c, addrC, "")
				s.net.set(addrA, fakePlayer{state: eachAlone(a, b), household: "Sonos_S2"})
				s.net.set(addrB, fakePlayer{state: eachAlone(a, b), household: "Sonos_S2"})
				s.find(b, addrB, tt.known)
				s.wait(time.Minute)
				if got := s.households.Topologies(); len(got) != 2 {
					t.Errorf("want two households still, got %+v", got)
				}
				for _, topology := range s.households.Topologies() {
					want := map[string]int{"Sonos_S1": 1, "Sonos_S2": 2}[topology.Household]
					if got := len(topology.Rooms()); got != want {
						t.Errorf("%s: want %d rooms, got %d", topology.Household, want, got)
					}
				}
				// So is the other: nobody is left in S1.
				s.net.set(addrC, fakePlayer{state: eachAlone(a, b, c), household: "Sonos_S2"})
				s.find(c, addrC, tt.known)
				if got := s.households.Topologies(); len(got) != 1 || got[0].Household != "Sonos_S2" {
					t.Errorf("want Sonos_S2 alone, got %+v", got)
				}
			})
		})
	}
}

func TestPlayerThatNoLongerReportsItsHouseholdStays(t *testing.T) {
	watchHouseholds(t, false, func(s *harness) {
		s.net.set(addrA, fakePlayer{state: eachAlone(a), household: "Sonos_1"})
		s.find(a, addrA, "")
		s.net.set(addrA, fakePlayer{err: errUnplugged})
		s.net.set(addrC, fakePlayer{state: eachAlone(a, c)}) // where it is now
		s.find(a, addrC, "")
		s.wait(time.Minute)
		s.topologies.want(t, 2, map[string]string{a: a, c: c})
	})
}

func TestPlayerWithoutHouseholdIsLeftOut(t *testing.T) {
	watchHouseholds(t, false, func(s *harness) {
		s.net.set(addrA, fakePlayer{state: eachAlone(a)})
		s.find(a, addrA, "")
		s.find(b, addrB, "") // nobody is there
		s.topologies.want(t, 0, map[string]string{})
	})
}

func TestFloodOfPlayersIsBounded(t *testing.T) {
	watchHouseholds(t, false, func(s *harness) {
		s.net.set(addrA, fakePlayer{state: eachAlone(a)})
		s.find(a, addrA, "Sonos_1")
		for i := range 500 {
			s.find(fmt.Sprintf("RINCON_%d", i), addrB, "Sonos_1")
			s.find(fmt.Sprintf("RINCON_H%d", i), addrC, fmt.Sprintf("Sonos_%d", i))
		}
		s.net.set(addrA, fakePlayer{err: errUnplugged})
		s.wait(time.Minute)
		s.net.set(addrA, fakePlayer{state: eachAlone(a, c)})
		s.wait(10 * time.Minute) // its turn comes after those that do not answer
		if got := s.households.Topologies(); len(got) != 1 || len(got[0].Groups) != 2 {
			t.Errorf("want the real household followed still, got %+v", got)
		}
	})
}
