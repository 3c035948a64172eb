package mdns

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

func TestAnswersByMulticastInTime(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		h.Publish(kitchenService())
		h.start()
		pass(settle)
		before := len(w.sent(us, 0))

		asked := time.Now()
		w.ask(t, asker, queryFor(typeRAOP, dns.TypePTR))
		w.ask(t, them, queryFor(typeRAOP, dns.TypePTR))
		pass(time.Second)
		shared := w.sent(us, before)
		if len(shared) != 1 {
			t.Fatalf("want one answer to two askers, got %d", len(shared))
		}
		if d := shared[0].at.Sub(asked); d < sharedDelayLeast || d > sharedDelayMost {
			t.Errorf("shared answer after %v", d)
		}

		w.ask(t, asker, queryFor(kitchen, dns.TypeSRV))
		synctest.Wait()
		if got := w.sent(us, before+1); len(got) != 1 {
			t.Errorf("an answer of ours alone comes at once: got %d packets", len(got))
		}
		w.ask(t, them, queryFor(kitchen, dns.TypeSRV))
		pass(recordGap - 2*time.Millisecond)
		if got := w.sent(us, before+2); len(got) != 0 {
			t.Errorf("sent twice within a second: %v", got)
		}
		pass(2 * time.Millisecond)
		if got := w.sent(us, before+2); len(got) != 1 {
			t.Errorf("want the second answer after a second, got %d", len(got))
		}
		h.stop(t)
	})
}

func TestKnownAnswersInSeveralPackets(t *testing.T) {
	for _, known := range []bool{false, true} {
		t.Run(fmt.Sprintf("known=%v", known), func(t *testing.T) {
			onWire(t, func(t *testing.T, w *wire) {
				h := newHost(w, "nas", us)
				h.Publish(kitchenService())
				h.start()
				pass(settle)
				before := len(w.sent(us, 0))
				asked := time.Now()
				query := queryFor(typeRAOP, dns.TypePTR)
				query.Truncated = true
				w.ask(t, asker, query)
				pass(200 * time.Millisecond)
				if known {
					w.ask(t, asker, dns.Msg{Answer: []dns.RR{pointerRecord(typeRAOP, kitchen).rr}})
				}
				pass(time.Second)
				got := w.sent(us, before)
				if known {
					if len(got) != 0 {
						t.Errorf("what was said to be known is answered: %v", got)
					}
				} else if len(got) != 1 || got[0].at.Sub(asked) < heldLeast || got[0].at.Sub(asked) > heldMost {
					t.Errorf("want one answer after 400 to 500 ms, got %v", got)
				}
				h.stop(t)
			})
		})
	}
}

func TestUnicastAnswers(t *testing.T) {
	unicastQuery := queryFor(kitchen, dns.TypeSRV)
	unicastQuery.Question[0].Qclass |= topBit
	tests := []struct {
		name string
		from string
		wait time.Duration // after the last announcement
		want []string
	}{
		{"recently multicast", asker, 0, []string{asker}},
		{"not multicast for long", asker, time.Minute, []string{asker, "224.0.0.251"}},
		{"another program on our host", us, time.Minute, []string{"224.0.0.251"}},
		{"beyond the link", "10.0.9.9", time.Minute, []string{"224.0.0.251"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onWire(t, func(t *testing.T, w *wire) {
				h := newHost(w, "nas", us)
				h.Publish(kitchenService())
				h.start()
				pass(settle)
				pass(tt.wait)
				before := len(w.sent(us, 0))
				w.ask(t, tt.from, unicastQuery)
				if tt.from == us {
					before++ // the question itself
				}
				pass(time.Second)
				var got []string
				for _, s := range w.sent(us, before) {
					got = append(got, s.to.Addr().String())
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("want answers to %v, got %v", tt.want, got)
				}
				h.stop(t)
			})
		})
	}
}
