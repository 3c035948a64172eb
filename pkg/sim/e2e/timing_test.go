package e2e_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/demo"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
	"github.com/breezeway-audio/breezeway/pkg/sim/stall"
)

const (
	announcedWithin = 3 * time.Second
	startWithin     = 300 * time.Millisecond
	stopWithinAll   = 5 * time.Second
	// retryStall is how long the machine must have stood still for a measurement in real
	// time to be repeated; an idle machine wakes a sleeper within 2 ms.
	retryStall = 50 * time.Millisecond
)

const maxMessageBytes = 9000 // of Multicast DNS (RFC 6762 section 17)

const raopType = "_raop._tcp.local."

// instanceName is how a speaker is announced.
func instanceName(sp bridge.Speaker) string {
	escaped := strings.NewReplacer(" ", `\ `, "@", `\@`, "(", `\(`, ")", `\)`).Replace(fmt.Sprintf("%v@%s", sp.ID, sp.Name))
	return escaped + "." + raopType
}

// askMDNS asks the simulation's responder one question as a program does that knows
// nothing of multicast; nil while there is no answer.
func (sim *simulation) askMDNS(name string, qtype uint16) []dns.RR {
	sim.t.Helper()
	c := dns.Client{Timeout: 100 * time.Millisecond, UDPSize: maxMessageBytes}
	server := net.JoinHostPort(demo.Loopback.String(), fmt.Sprint(sim.MDNSPort))
	m, _, err := c.Exchange(new(dns.Msg).SetQuestion(name, qtype), server)
	if err != nil {
		return nil // not up yet, or nobody has the name
	}
	return m.Answer
}

// announced reports whether a speaker can be found as senders do: its name, and
// under that where it is and what it is.
func (sim *simulation) announced(sp bridge.Speaker) bool {
	name := instanceName(sp)
	listed := slices.ContainsFunc(sim.askMDNS(raopType, dns.TypePTR), func(rr dns.RR) bool {
		ptr, ok := rr.(*dns.PTR)
		return ok && ptr.Ptr == name
	})
	located := slices.ContainsFunc(sim.askMDNS(name, dns.TypeSRV), func(rr dns.RR) bool {
		srv, ok := rr.(*dns.SRV)
		return ok && srv.Port == sp.Port
	})
	described := slices.ContainsFunc(sim.askMDNS(name, dns.TypeTXT), func(rr dns.RR) bool {
		txt, ok := rr.(*dns.TXT)
		return ok && slices.Contains(txt.Txt, "tp=UDP") && slices.Contains(txt.Txt, "et=0,1")
	})
	return listed && located && described
}

// wantWithin wants what is measured to take less than a limit.
func wantWithin(t *testing.T, what string, limit time.Duration, measure func(t *testing.T) time.Duration) {
	t.Helper()
	stall.Retry(t, retryStall, func() error {
		took := measure(t).Round(time.Millisecond)
		t.Logf("%s: %v", what, took)
		if took >= limit {
			return fmt.Errorf("%s: want less than %v, took %v", what, limit, took)
		}
		return nil
	})
}

func TestAnnouncedSoon(t *testing.T) {
	wantWithin(t, "start to the first announced speaker", announcedWithin, func(t *testing.T) time.Duration {
		began := time.Now()
		sim := startSimulation(t, nil, speaker.Options{Name: "Living Room"})
		defer sim.stop()
		to := sim.waitOffered("Living Room")
		sim.eventually("it is announced", func() bool { return sim.announced(to) })
		return time.Since(began)
	})
}

func TestStartsSoon(t *testing.T) {
	rec := newRecorder()
	sim := startSimulation(t, nil, speaker.Options{Name: "Kitchen", Capture: rec})
	to := sim.waitOffered("Kitchen")
	wantWithin(t, "RECORD to the first byte at the speaker", startWithin, func(t *testing.T) time.Duration {
		sim := sim.forSubtest(t)
		from := sim.connectSender(to, sender.Options{})
		connected := time.Now()
		from.sendUntil(testMusic(1, 20*time.Second), "the first byte", func() bool {
			return sim.Speakers[0].Stats().FirstByteAt.After(connected)
		})
		must(t, from.Teardown(t.Context()))
		sim.eventually("the session ends", func() bool { return sim.snapshot(to.UDN).State() == player.StateIdle })
		return sim.Speakers[0].Stats().FirstByteAt.Sub(connected)
	})
}

func TestStopsAll(t *testing.T) {
	sim := startSimulation(t, nil, speaker.Options{Name: "Kitchen"}, speaker.Options{Name: "Living Room"})
	var names []string
	for i, name := range []string{"Kitchen", "Living Room"} {
		to := sim.waitOffered(name)
		names = append(names, instanceName(to))
		sim.eventually("it is announced", func() bool { return sim.announced(to) })
		from := sim.connectSender(to, sender.Options{})
		from.sendUntil(testMusic(i, 20*time.Second), "it plays", func() bool { return sim.Speakers[i].State() == speaker.Playing })
	}
	goodbyes := sim.recordGoodbyes()
	if took := sim.stop(); took > stopWithinAll {
		t.Errorf("want the end within %v, took %v", stopWithinAll, took)
	}
	for _, one := range sim.Speakers {
		if one.State() != speaker.Stopped || countCalls(one, "Stop") == 0 {
			t.Errorf("want each speaker stopped by a Stop, got %v after %d", one.State(), countCalls(one, "Stop"))
		}
	}
	heard := goodbyes()
	for _, name := range names {
		for _, what := range []string{"PTR", "SRV", "TXT"} {
			if !slices.Contains(heard, name+" "+what) {
				t.Errorf("want a goodbye for the %s of %s, got %q", what, name, heard)
			}
		}
	}
}

// recordGoodbyes listens to the simulation's announcements from now on; the function that
// it gives ends that and tells what was taken back.
func (sim *simulation) recordGoodbyes() func() []string {
	sim.t.Helper()
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		sim.t.Skipf("no loopback interface by its usual name: %v", err)
	}
	group := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: int(sim.MDNSPort)}
	conn, err := net.ListenMulticastUDP("udp4", lo, group)
	must(sim.t, err)
	var heard []string
	var reading sync.WaitGroup
	reading.Go(func() {
		buf := make([]byte, maxMessageBytes)
		for {
			n, _, err := conn.ReadFromUDP(buf)
			if err != nil {
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					sim.t.Errorf("listen to announcements: %v", err)
				}
				return
			}
			heard = append(heard, goodbyeRecords(buf[:n])...)
		}
	})
	return func() []string {
		// What was sent is in the socket by now: loopback does not delay.
		must(sim.t, conn.SetReadDeadline(time.Now().Add(100*time.Millisecond)))
		reading.Wait()
		must(sim.t, conn.Close())
		return heard
	}
}

// goodbyeRecords are the records of a message that are withdrawn: those with TTL 0
// (RFC 6762 section 10.1).
func goodbyeRecords(message []byte) []string {
	m := new(dns.Msg)
	if m.Unpack(message) != nil || !m.Response {
		return nil
	}
	var names []string
	for _, rr := range m.Answer {
		if h := rr.Header(); h.Ttl == 0 {
			name := h.Name
			if ptr, ok := rr.(*dns.PTR); ok {
				name = ptr.Ptr
			}
			names = append(names, name+" "+dns.TypeToString[h.Rrtype])
		}
	}
	return names
}
