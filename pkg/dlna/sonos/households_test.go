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

// A scene is Households in a net that is made up, in a bubble of synctest.
type scene struct {
	t    *testing.T
	net  *fakeNet
	all  *sonos.Households
	told diary
}

// play runs script with households whose players send events, if asked for.
func play(t *testing.T, events bool, script func(*scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &scene{t: t, net: newFakeNet()}
		o := sonos.Options{Client: s.net, OnChange: s.told.add}
		if events {
			o.Events, o.Callback = s.net, here
		}
		s.all = sonos.NewHouseholds(o)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.all.Run(ctx) }()
		defer func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("Run: %v", err)
			}
		}()
		script(s)
	})
}

func (s *scene) meet(uuid, address, household string) {
	s.t.Helper()
	s.all.PlayerFound(met(s.t, uuid, address), household)
	s.pass(time.Second)
}

// pass lets time pass.
func (s *scene) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestTopologyIsAskedForWithoutEvents(t *testing.T) {
	play(t, false, func(s *scene) {
		s.net.set(addrA, fakePlayer{state: apart(a, b)})
		s.meet(a, addrA, "Sonos_1")
		s.told.want(t, 1, map[string]string{a: a, b: b})
		s.pass(time.Minute)
		s.told.want(t, 1, map[string]string{a: a, b: b})
		if got := s.net.asked(addrA); got < 5 || got > 8 {
			t.Errorf("want about 6 questions in a minute, got %d", got)
		}
		s.net.set(addrA, fakePlayer{state: together(a, b)})
		s.pass(10 * time.Second)
		s.told.want(t, 2, map[string]string{a: a, b: a})
		if got := s.all.Topologies(); len(got) != 1 || got[0].Household != "Sonos_1" || len(got[0].Groups) != 1 {
			t.Errorf("want the one topology of Sonos_1, got %+v", got)
		}
	})
}

func TestEventsTellTheTopology(t *testing.T) {
	play(t, true, func(s *scene) {
		s.net.set(addrA, fakePlayer{state: apart(a, b)})
		s.meet(a, addrA, "Sonos_1")
		asked := s.net.asked(addrA)
		if !s.net.tell(addrA, map[string]string{"ZoneGroupState": together(b, a)}) {
			t.Fatal("want a subscription")
		}
		s.pass(0)
		s.told.want(t, 2, map[string]string{a: b, b: b})
		if !s.net.tell(addrA, map[string]string{"AvailableSoftwareUpdate": "<x/>"}) {
			t.Fatal("want the subscription kept")
		}
		s.pass(50 * time.Second)
		if got := s.net.asked(addrA); got != asked {
			t.Errorf("want no question while events come, got %d", got-asked)
		}
		s.told.want(t, 2, map[string]string{a: b, b: b})
	})
}

func TestLargeHouseholdTellsByEventsAlone(t *testing.T) {
	play(t, true, func(s *scene) {
		s.net.set(addrA, fakePlayer{err: fmt.Errorf("upnp: %w", &upnp.Fault{Code: 501})})
		s.meet(a, addrA, "Sonos_1")
		s.told.want(t, 0, map[string]string{})
		s.net.tell(addrA, map[string]string{"ZoneGroupState": apart(a, b)})
		s.pass(10 * time.Minute)
		s.told.want(t, 1, map[string]string{a: a, b: b})
		if !s.net.tell(addrA, map[string]string{"ZoneGroupState": together(a, b)}) {
			t.Fatal("want the subscription kept though the question is refused")
		}
		s.pass(0)
		s.told.want(t, 2, map[string]string{a: a, b: a})
	})
}

func TestRefusedSubscriptionLeavesAsking(t *testing.T) {
	play(t, true, func(s *scene) {
		s.net.lost = errors.New("412")
		s.net.set(addrA, fakePlayer{state: apart(a)})
		s.meet(a, addrA, "Sonos_1")
		s.net.set(addrA, fakePlayer{state: apart(a, b)})
		s.pass(11 * time.Second)
		s.told.want(t, 2, map[string]string{a: a, b: b})
	})
}

func TestDoubtIsAnsweredAfterTheCache(t *testing.T) {
	play(t, false, func(s *scene) {
		s.net.set(addrA, fakePlayer{state: apart(a, b)})
		s.meet(a, addrA, "Sonos_1") // the answer is a second old now
		s.net.set(addrA, fakePlayer{state: together(a, b)})
		for range 100 {
			s.all.Refresh(a)
		}
		s.pass(3500 * time.Millisecond)
		s.told.want(t, 1, map[string]string{a: a, b: b})
		s.pass(time.Second)
		s.told.want(t, 2, map[string]string{a: a, b: a})
		if got := s.net.asked(addrA); got != 1 {
			t.Errorf("want one question for all doubts, got %d", got)
		}
		s.all.Refresh("RINCON_NOBODY")
	})
}

func TestAnotherPlayerTellsWhenOneFails(t *testing.T) {
	tests := []struct {
		name string
		bad  fakePlayer
	}{
		{"it is gone", fakePlayer{err: errUnplugged}},
		{"it answers nonsense", fakePlayer{state: "<html>"}},
		{"it is in another topology", fakePlayer{state: apart("RINCON_X")}},
		{"it cannot tell so large a household", fakePlayer{err: &upnp.Fault{Code: 501}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			play(t, false, func(s *scene) {
				s.net.set(addrA, fakePlayer{state: apart(a, b)})
				s.net.set(addrB, fakePlayer{state: apart(a, b)})
				s.meet(a, addrA, "Sonos_1")
				s.meet(b, addrB, "Sonos_1")
				s.net.set(addrA, tt.bad)
				s.net.set(addrB, fakePlayer{state: together(b, a)})
				s.pass(time.Minute)
				s.told.want(t, 2, map[string]string{a: b, b: b})
				if bad, good := s.net.asked(addrA), s.net.asked(addrB); bad > 2 || good < 3 {
					t.Errorf("want the failing player left alone, got %d questions to it and %d to the other", bad, good)
				}
			})
		})
	}
}

func TestPlayerThatComesBackIsAskedAgain(t *testing.T) {
	play(t, false, func(s *scene) {
		s.net.set(addrA, fakePlayer{state: apart(a)})
		s.meet(a, addrA, "Sonos_1")
		s.net.set(addrA, fakePlayer{err: errUnplugged})
		s.pass(5 * time.Minute)
		if got := s.net.asked(addrA); got > 45 {
			t.Errorf("want a player that is gone asked now and then, got %d questions in 5 minutes", got)
		}
		s.net.set(addrA, fakePlayer{state: apart(a, c)})
		s.pass(30 * time.Second)
		s.told.want(t, 2, map[string]string{a: a, c: c})
	})
}

func TestPlayerWithANewAddress(t *testing.T) {
	play(t, true, func(s *scene) {
		s.net.set(addrA, fakePlayer{state: apart(a)})
		s.meet(a, addrA, "Sonos_1")
		s.net.set(addrA, fakePlayer{err: errUnplugged})
		s.net.set(addrC, fakePlayer{state: apart(a, b)})
		s.meet(a, addrC, "Sonos_1")
		s.pass(3 * time.Minute)
		s.told.want(t, 2, map[string]string{a: a, b: b})
		if s.net.tell(addrA, nil) || !s.net.tell(addrC, nil) {
			t.Error("want the subscription at the new address alone")
		}
	})
}

func TestHouseholdsAreApart(t *testing.T) {
	tests := []struct{ name, told string }{
		{"told by the search", "Sonos_S2"},
		{"asked for", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			play(t, false, func(s *scene) {
				s.net.set(addrA, fakePlayer{state: apart(a), household: "Sonos_S2"})
				s.net.set(addrB, fakePlayer{state: apart(b), household: "Sonos_S1"})
				s.net.set(addrC, fakePlayer{state: apart(c), household: "Sonos_S1"})
				s.meet(a, addrA, tt.told)
				s.meet(b, addrB, "")
				got := s.all.Topologies()
				if len(got) != 2 || got[0].Household != "Sonos_S1" || got[1].Household != "Sonos_S2" {
					t.Fatalf("want Sonos_S1 and Sonos_S2, got %+v", got)
				}
				// One player is taken over from S1 to S2.
				s.meet(c, addrC, "")
				s.net.set(addrA, fakePlayer{state: apart(a, b), household: "Sonos_S2"})
				s.net.set(addrB, fakePlayer{state: apart(a, b), household: "Sonos_S2"})
				s.meet(b, addrB, tt.told)
				s.pass(time.Minute)
				if got := s.all.Topologies(); len(got) != 2 {
					t.Errorf("want two households still, got %+v", got)
				}
				for _, topology := range s.all.Topologies() {
					want := map[string]int{"Sonos_S1": 1, "Sonos_S2": 2}[topology.Household]
					if got := len(topology.Rooms()); got != want {
						t.Errorf("%s: want %d rooms, got %d", topology.Household, want, got)
					}
				}
				// So is the other: nobody is left in S1.
				s.net.set(addrC, fakePlayer{state: apart(a, b, c), household: "Sonos_S2"})
				s.meet(c, addrC, tt.told)
				if got := s.all.Topologies(); len(got) != 1 || got[0].Household != "Sonos_S2" {
					t.Errorf("want Sonos_S2 alone, got %+v", got)
				}
			})
		})
	}
}

func TestPlayerThatNoLongerTellsItsHouseholdStays(t *testing.T) {
	play(t, false, func(s *scene) {
		s.net.set(addrA, fakePlayer{state: apart(a), household: "Sonos_1"})
		s.meet(a, addrA, "")
		s.net.set(addrA, fakePlayer{err: errUnplugged})
		s.net.set(addrC, fakePlayer{state: apart(a, c)}) // where it is now
		s.meet(a, addrC, "")
		s.pass(time.Minute)
		s.told.want(t, 2, map[string]string{a: a, c: c})
	})
}

func TestHouseholdThatIsNotToldIsLeftOut(t *testing.T) {
	play(t, false, func(s *scene) {
		s.net.set(addrA, fakePlayer{state: apart(a)})
		s.meet(a, addrA, "")
		s.meet(b, addrB, "") // nobody is there
		s.told.want(t, 0, map[string]string{})
	})
}

func TestFloodOfPlayersIsBounded(t *testing.T) {
	play(t, false, func(s *scene) {
		s.net.set(addrA, fakePlayer{state: apart(a)})
		s.meet(a, addrA, "Sonos_1")
		for i := range 500 {
			s.meet(fmt.Sprintf("RINCON_%d", i), addrB, "Sonos_1")
			s.meet(fmt.Sprintf("RINCON_H%d", i), addrC, fmt.Sprintf("Sonos_%d", i))
		}
		s.net.set(addrA, fakePlayer{err: errUnplugged})
		s.pass(time.Minute)
		s.net.set(addrA, fakePlayer{state: apart(a, c)})
		s.pass(10 * time.Minute) // its turn comes after those that nobody hears
		if got := s.all.Topologies(); len(got) != 1 || len(got[0].Groups) != 2 {
			t.Errorf("want the real household followed still, got %+v", got)
		}
	})
}
