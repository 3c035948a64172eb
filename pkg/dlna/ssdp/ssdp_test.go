package ssdp_test

import (
	"bytes"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/loopback"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// patience bounds every wait of these tests; none comes near it.
const patience = 10 * time.Second

// searcherOn makes a Searcher for the device's group whose answers go to the
// returned channel.
func searcherOn(d *device, options ssdp.Options, interfaces ...netif.Interface) (*ssdp.Searcher, chan ssdp.Answer) {
	answers := make(chan ssdp.Answer, 100)
	options.Group = d.group
	options.Interfaces = func() []netif.Interface { return interfaces }
	options.OnAnswer = func(a ssdp.Answer) { answers <- a }
	return ssdp.New(options), answers
}

func wantAnswer(t *testing.T, answers <-chan ssdp.Answer) ssdp.Answer {
	t.Helper()
	select {
	case a := <-answers:
		return a
	case <-time.After(patience):
		t.Fatal("want an answer, got none")
		return ssdp.Answer{}
	}
}

// eventually waits until done reports true.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); !done(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("want %s", what)
		}
	}
}

func TestSearchFindsDevice(t *testing.T) {
	lo := loopback.Interfaces(t)[0]
	d := startDevice(t, rendererAnswer)
	begin := time.Now()
	s, answers := searcherOn(d, ssdp.Options{}, lo)
	stop := run(t, s)
	a := wantAnswer(t, answers)
	if want := "uuid:11111111-2222"; a.UDN != want {
		t.Errorf("want %s, got %s", want, a.UDN)
	}
	if !a.From.Addr().IsLoopback() || a.From.Port() != d.group.Port() {
		t.Errorf("want the device as the source, got %v", a.From)
	}
	if a.Interface.Name != lo.Name || a.Received.Before(begin) {
		t.Errorf("want interface and time, got %q, %v", a.Interface.Name, a.Received)
	}

	eventually(t, "the second burst's answer dropped", func() bool { return s.Stats().Repeated > 0 })
	began := time.Now()
	stop()
	if took := time.Since(began); took > time.Second {
		t.Errorf("want a prompt end, got %v", took)
	}
	stats := s.Stats()
	if stats.Answers == 0 || uint64(d.seen()) > stats.Sent || stats.Malformed != 0 {
		t.Errorf("want counts that fit, got %+v, %d searches", stats, d.seen())
	}
}

func TestSearchAsked(t *testing.T) {
	d := startDevice(t, rendererAnswer)
	s, answers := searcherOn(d, ssdp.Options{}, loopback.Interfaces(t)[0])
	run(t, s)
	// Rounds begin after 0, 1 and 4 seconds by themselves.
	wantAnswer(t, answers)
	wantAnswer(t, answers)
	begin := time.Now()
	s.Search()
	s.Search()
	wantAnswer(t, answers)
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("want a round within 2 s, got %v", took)
	}
}

func TestSearchSkipsBrokenInterface(t *testing.T) {
	var log bytes.Buffer
	var mu sync.Mutex // guards log
	broken := netif.Interface{Name: "broken", Index: 99999, Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.7/24")}}
	bare := netif.Interface{Name: "bare", Index: 99998}
	d := startDevice(t, rendererAnswer)
	s, answers := searcherOn(d, ssdp.Options{Log: zerolog.New(lockedWriter{&mu, &log})}, broken, bare, loopback.Interfaces(t)[0])
	stop := run(t, s)
	if a := wantAnswer(t, answers); a.Interface.Name != "lo" {
		t.Errorf("want the answer over lo, got %q", a.Interface.Name)
	}
	wantAnswer(t, answers) // the second round
	failed := s.Stats().Failed
	if len(failed) != 2 || failed["broken"] == nil || failed["bare"] == nil {
		t.Errorf("want broken and bare failed, got %v", failed)
	}
	stop()
	mu.Lock()
	defer mu.Unlock()
	if got := strings.Count(log.String(), `"interface":"broken"`); got != 1 {
		t.Errorf("want the failure logged once, got %d times: %s", got, log.String())
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	to *bytes.Buffer
}

func (w lockedWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(b)
}

func TestSearchFollowsInterfaces(t *testing.T) {
	lo := loopback.Interfaces(t)[0]
	d := startDevice(t, rendererAnswer)
	changes := make(chan struct{}, 1)
	answers := make(chan ssdp.Answer, 100)
	var mu sync.Mutex // guards interfaces
	var interfaces []netif.Interface
	s := ssdp.New(ssdp.Options{
		Group:   d.group,
		Changes: changes,
		Interfaces: func() []netif.Interface {
			mu.Lock()
			defer mu.Unlock()
			return interfaces
		},
		OnAnswer: func(a ssdp.Answer) { answers <- a },
	})
	set := func(now ...netif.Interface) {
		mu.Lock()
		interfaces = now
		mu.Unlock()
		changes <- struct{}{}
	}
	run(t, s)
	eventually(t, "a round without any interface", func() bool { return s.Stats().Rounds > 0 })
	if got := d.seen(); got != 0 {
		t.Errorf("want no search yet, got %d", got)
	}
	set(lo)
	wantAnswer(t, answers)

	set()
	before := s.Stats().Rounds
	eventually(t, "a round after the interface went", func() bool { return s.Stats().Rounds > before })
	sent := s.Stats().Sent
	set()
	eventually(t, "another one", func() bool { return s.Stats().Rounds > before+1 })
	if got := s.Stats().Sent; got != sent {
		t.Errorf("want nothing sent without interfaces, got %d searches", got-sent)
	}
	set(lo)
	for range len(answers) {
		<-answers
	}
	wantAnswer(t, answers)
}

func TestBadAnswersDropped(t *testing.T) {
	var log bytes.Buffer
	var mu sync.Mutex // guards log
	router := strings.ReplaceAll(rendererAnswer, "MediaRenderer", "InternetGatewayDevice")
	d := startDevice(t, "", "NOTIFY * HTTP/1.1\r\n\r\n", strings.Repeat("A", 20000), "\x00\x01", router, rendererAnswer)
	s, answers := searcherOn(d, ssdp.Options{Log: zerolog.New(lockedWriter{&mu, &log})}, loopback.Interfaces(t)[0])
	stop := run(t, s)
	if a := wantAnswer(t, answers); !strings.Contains(a.USN, "MediaRenderer") {
		t.Errorf("want the renderer, got %s", a.USN)
	}
	eventually(t, "two bursts judged", func() bool { return s.Stats().Malformed >= 8 && s.Stats().Irrelevant >= 2 })
	stop()
	mu.Lock()
	defer mu.Unlock()
	if got := strings.Count(log.String(), "\n"); got != 1 {
		t.Errorf("want one line for all the bad input of a minute, got %d: %s", got, log.String())
	}
}

// A device that does not hear the group is found by its address, whatever it
// wants to stand in HOST.
func TestSearchByUnicast(t *testing.T) {
	for _, host := range []string{"127.0.0.1:", "239.255.255.250:"} {
		t.Run(host, func(t *testing.T) {
			d := startDevice(t) // its group alone, it never answers
			answering := startUnicastDevice(t, host, rendererAnswer)
			s, answers := searcherOn(d, ssdp.Options{Devices: []netip.AddrPort{answering}}, loopback.Interfaces(t)[0])
			run(t, s)
			if a := wantAnswer(t, answers); a.From != answering {
				t.Errorf("want the answer of %v, got %v", answering, a.From)
			}
		})
	}
}
