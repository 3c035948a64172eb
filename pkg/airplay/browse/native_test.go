package browse

import (
	"bytes"
	"context"
	"errors"
	"net"
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
		select {
		case <-n.Looked():
			t.Error("want no look before there was time for one")
		default:
		}
		<-n.Looked()
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
		macs := []struct {
			mac  net.HardwareAddr
			want bool
		}{
			{net.HardwareAddr{0x00, 0x11, 0x22, 0xaa, 0xbb, 0xcc}, true},
			{net.HardwareAddr{0x00, 0x11, 0x22, 0x33, 0x44, 0xff}, true},
			{net.HardwareAddr{0xbb, 0xbb, 0x22, 0x33, 0x44, 0x55}, false},
			{net.HardwareAddr{0x00, 0x11}, false},
			{nil, false},
		}
		for _, m := range macs {
			if got := n.HasMAC(m.mac); got != m.want {
				t.Errorf("%s: want %v, got %v", m.mac, m.want, got)
			}
		}
		if got := n.Services(); len(got) != 2 || got[0].Instance != box.Instance || got[1].Instance != bar.Instance {
			t.Errorf("want the box and the bar, got %+v", got)
		}
		if n.Has(netip.Addr{}) {
			t.Error("want no address to be nobody's, got a speaker")
		}
	})
}

func TestNativeSpeakersAreMissedAFewTimes(t *testing.T) {
	changes := 0
	watchNative(t, NativeOptions{OnChange: func() { changes++ }}, func(n *Native, lan *network, _ chan<- struct{}) {
		lan.becomes(nil, []Service{box}, nil)
		<-n.Looked()
		steps := []struct {
			name    string
			wait    time.Duration
			raop    []Service
			err     error
			want    bool
			changes int
		}{
			{"missed once", secondLook, nil, nil, true, 1},
			{"missed twice", lookInterval, nil, nil, true, 1},
			{"could not look", lookInterval, nil, errors.New("no route"), true, 1},
			{"answers again", lookInterval, []Service{box}, nil, true, 1},
			{"missed once more", lookInterval, nil, nil, true, 1},
			{"and again", lookInterval, nil, nil, true, 1},
			{"missed for the third time", lookInterval, nil, nil, false, 2},
		}
		for _, step := range steps {
			lan.becomes(nil, step.raop, step.err)
			pass(step.wait + DefaultWait)
			if got := n.Has(box.Addresses[0]); got != step.want || changes != step.changes {
				t.Errorf("%s: want %v after %d changes, got %v after %d", step.name, step.want, step.changes, got, changes)
			}
		}
	})
}

func TestNativeLooksAgainOnAnotherNetwork(t *testing.T) {
	watchNative(t, NativeOptions{}, func(n *Native, lan *network, changesC chan<- struct{}) {
		<-n.Looked()
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
		<-n.Looked() // said even then: nobody waits for ever
		pass(time.Hour)
		lan.becomes(nil, nil, nil)
		pass(time.Hour)
	})
	if got := log.String(); strings.Count(got, "cannot look") != 1 || strings.Count(got, "works again") != 1 {
		t.Errorf("want one line of complaint and one of relief, got %s", got)
	}
}

func TestHardwareAddresses(t *testing.T) {
	tests := []struct {
		name     string
		instance string
		txt      []string
		want     string
	}{
		{"an AirPlay 1 name", "0011223344FF@Box", nil, "\x00\x11\x22\x33\x44\xff"},
		{"deviceid", "Bar", []string{"DeviceID=00:11:22:33:44:ff"}, "\x00\x11\x22\x33\x44\xff"},
		{"deviceid before the name", "AABBCCDDEEFF@Bar", []string{"deviceid=00:11:22:33:44:ff"}, "\x00\x11\x22\x33\x44\xff"},
		{"a name without", "Bar", nil, ""},
		{"too short", "001122@Bar", nil, ""},
		{"no hex", "0011223344GG@Bar", nil, ""},
		{"hex, but no @", "0011223344FF", nil, ""},
	}
	for _, tt := range tests {
		if got := macOf(Service{Instance: tt.instance, TXT: tt.txt}); got != tt.want {
			t.Errorf("%s: want %x, got %x", tt.name, tt.want, got)
		}
	}
}
