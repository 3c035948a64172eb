package query

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// A network answers browses as it is told to.
type network struct {
	mu    sync.Mutex // guards all below
	now   map[string][]Service
	err   error
	looks int // for _airplay._tcp
}

func (n *network) becomes(airplay, raop []Service, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now, n.err = map[string][]Service{airplayType: airplay, raopType: raop}, err
}

func (n *network) browse(_ context.Context, o Options) ([]Service, error) {
	time.Sleep(DefaultWait) // in a synctest bubble
	n.mu.Lock()
	defer n.mu.Unlock()
	if o.Type == airplayType {
		n.looks++
	}
	return n.now[o.Type], n.err
}

func (n *network) looked() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.looks
}

var (
	bar = Service{Instance: "Bar", Host: "bar.local", Port: 7000,
		Addresses: addresses("192.0.2.1", "fe80::1%lan0"), TXT: []string{"deviceid=00:11:22:AA:bb:CC", "features=0x4"}}
	box = Service{Instance: "0011223344FF@Box", Host: "box.local", Port: 5000, Addresses: addresses("192.0.2.2")}
	our = Service{Instance: "BBBB22334455@Kitchen", Host: "nas.local", Port: 41000, Addresses: addresses("192.0.2.3")}
)

// watchNative runs a Native on a network in a bubble of its own. The signal of
// changes is sent on the channel that it gives.
func watchNative(t *testing.T, o NativeOptions, test func(n *Native, lan *network, changesC chan<- struct{})) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(network)
		changesC := make(chan struct{}, 1)
		o.Changes = changesC
		o.Interfaces = func() []netif.Interface { return nil }
		n := NewNative(o)
		n.browse = lan.browse
		ctx, cancel := context.WithCancel(t.Context())
		endC := make(chan error, 1)
		go func() { endC <- n.Run(ctx) }()
		test(n, lan, changesC)
		cancel()
		if err := <-endC; err != nil {
			t.Errorf("want a quiet end, got %v", err)
		}
	})
}

func pass(d time.Duration) {
	time.Sleep(d) // in a synctest bubble
	synctest.Wait()
}

func TestNativeSpeakersAreKnown(t *testing.T) {
	own := func(s Service) bool { return strings.HasPrefix(s.Instance, "BBBB") }
	watchNative(t, NativeOptions{Own: own}, func(n *Native, lan *network, _ chan<- struct{}) {
		lan.becomes([]Service{bar}, []Service{box, our}, nil)
		if n.Has(box.Addresses[0]) {
			t.Error("want nobody known before there was time for a look")
		}
		pass(DefaultWait)
		hosts := []struct {
			addr string
			want bool
		}{
			{"192.0.2.1", true},
			{"::ffff:192.0.2.1", true},
			{"fe80::1", true},
			{"fe80::1%eth9", true},
			{"192.0.2.2", true},
			{"192.0.2.3", false}, // ours
			{"192.0.2.4", false},
		}
		for _, h := range hosts {
			if got := n.Has(netip.MustParseAddr(h.addr)); got != h.want {
				t.Errorf("%s: want %v, got %v", h.addr, h.want, got)
			}
		}
		if n.Has(netip.Addr{}) {
			t.Error("want no address to be nobody's, got a speaker")
		}
	})
}

func TestNativeSpeakersAreMissedAFewTimes(t *testing.T) {
	watchNative(t, NativeOptions{}, func(n *Native, lan *network, _ chan<- struct{}) {
		lan.becomes(nil, []Service{box}, nil)
		pass(DefaultWait)
		steps := []struct {
			name string
			wait time.Duration
			raop []Service
			err  error
			want bool
		}{
			{"missed once", secondLook, nil, nil, true},
			{"missed twice", lookInterval, nil, nil, true},
			{"could not look", lookInterval, nil, errors.New("no route"), true},
			{"answers again", lookInterval, []Service{box}, nil, true},
			{"missed once more", lookInterval, nil, nil, true},
			{"and again", lookInterval, nil, nil, true},
			{"missed for the third time", lookInterval, nil, nil, false},
		}
		for _, step := range steps {
			lan.becomes(nil, step.raop, step.err)
			pass(step.wait + DefaultWait)
			if got := n.Has(box.Addresses[0]); got != step.want {
				t.Errorf("%s: want %v, got %v", step.name, step.want, got)
			}
		}
	})
}

func TestNativeLooksAgainOnAnotherNetwork(t *testing.T) {
	watchNative(t, NativeOptions{}, func(n *Native, lan *network, changesC chan<- struct{}) {
		pass(DefaultWait)
		pass(time.Hour)
		before := lan.looked()
		if want := 2 + int(time.Hour/(lookInterval+DefaultWait)); before < want-1 || before > want+1 {
			t.Errorf("want about %d looks in an hour, got %d", want, before)
		}
		lan.becomes([]Service{bar}, nil, nil)
		changesC <- struct{}{}
		pass(2*DefaultWait + secondLook)
		if got := lan.looked() - before; !n.Has(bar.Addresses[0]) || got != 2 {
			t.Errorf("want the bar to be seen at 2 looks, got %v at %d", n.Has(bar.Addresses[0]), got)
		}
	})
}

func TestNativeComplainsOnce(t *testing.T) {
	var log bytes.Buffer
	watchNative(t, NativeOptions{Log: zerolog.New(&log)}, func(n *Native, lan *network, _ chan<- struct{}) {
		lan.becomes(nil, nil, errors.New("no route"))
		pass(DefaultWait)
		pass(time.Hour)
		lan.becomes(nil, nil, nil)
		pass(time.Hour)
	})
	if got := log.String(); strings.Count(got, "cannot look") != 1 || strings.Count(got, "works again") != 1 {
		t.Errorf("want one line of complaint and one of relief, got %s", got)
	}
}
