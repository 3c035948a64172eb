package mdns

import (
	"testing"
	"time"

	"github.com/miekg/dns"
)

func TestOutbox(t *testing.T) {
	z := sampleZone("192.168.1.5")
	pointer, srv := z.lookup(typeRAOP, dns.TypePTR), z.lookup(kitchen, dns.TypeSRV)
	start := time.Unix(1000, 0)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	var o outbox

	o.add(pointer, at(100*time.Millisecond), recordGap)
	o.add(pointer, at(50*time.Millisecond), recordGap)
	o.add(srv, at(70*time.Millisecond), recordGap)
	if next, ok := o.next(); !ok || !next.Equal(at(50*time.Millisecond)) {
		t.Errorf("the earlier time counts: got %v %v", next, ok)
	}
	if got := o.take(at(60 * time.Millisecond)); len(got) != 1 || got[0].key != pointer[0].key {
		t.Errorf("at 60 ms: got %q", brief(got))
	}
	o.sent(pointer, at(60*time.Millisecond))

	o.add(pointer, at(90*time.Millisecond), recordGap)
	if got := o.take(at(1059 * time.Millisecond)); len(got) != 1 || got[0].key != srv[0].key {
		t.Errorf("within a second of the last sending: got %q", brief(got))
	}
	if got := o.take(at(1060 * time.Millisecond)); len(got) != 1 || got[0].key != pointer[0].key {
		t.Errorf("a second after it: got %q", brief(got))
	}
	o.add(pointer, at(100*time.Millisecond), defenceGap)
	if next, _ := o.next(); !next.Equal(at(310 * time.Millisecond)) {
		t.Errorf("under a probe the gap is shorter: got %v", next.Sub(start))
	}
	o.sent(pointer, at(200*time.Millisecond))
	if _, ok := o.next(); ok {
		t.Error("what was just sent waits still")
	}
}

func TestOutboxStale(t *testing.T) {
	srv := sampleZone().lookup(kitchen, dns.TypeSRV)
	start := time.Unix(1000, 0)
	var o outbox
	if len(o.stale(srv, start)) != 1 {
		t.Error("never sent is stale")
	}
	o.sent(srv, start)
	if len(o.stale(srv, start.Add(hostTTL/4))) != 0 {
		t.Error("stale after a quarter of its life")
	}
	if len(o.stale(srv, start.Add(hostTTL/4+1))) != 1 {
		t.Error("not stale after more than a quarter of its life")
	}
}

func TestOutboxForgets(t *testing.T) {
	z := sampleZone("192.168.1.5")
	start := time.Unix(1000, 0)
	var o outbox
	o.add(z.lookup(kitchen, dns.TypeSRV), start, recordGap)
	o.sent(z.lookup(kitchen, dns.TypeTXT), start)
	o.keep(z)
	if len(o.waiting) != 1 || len(o.last) != 1 {
		t.Errorf("forgot what still stands: %+v", o)
	}
	o.keep(newZone())
	if len(o.waiting) != 0 || len(o.last) != 0 {
		t.Errorf("kept what is gone: %+v", o)
	}
}
