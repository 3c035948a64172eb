package device

import (
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

// subscribe takes a subscription that nobody delivers.
func subscribe(t *testing.T, p *Publisher) *subscription {
	t.Helper()
	r := httptest.NewRequest("SUBSCRIBE", "/", nil)
	r.Header.Set("NT", "upnp:event")
	r.Header.Set("CALLBACK", "<http://192.0.2.1/>") // httptest's own address
	s, err := newSubscription(r)
	if err != nil {
		t.Fatal(err)
	}
	if !p.add(s) {
		t.Fatal("want the subscription taken")
	}
	return s
}

// wantEvents fails the test unless the events that wait are of these variables.
func wantEvents(t *testing.T, s *subscription, want ...[]Variable) {
	t.Helper()
	if got := len(s.pending); got != len(want) {
		t.Fatalf("want %d events, got %d", len(want), got)
	}
	for _, vars := range want {
		if want, got := string(PropertySet(vars)), string(<-s.pending); got != want {
			t.Errorf("want %s, got %s", want, got)
		}
	}
}

func TestPublisher(t *testing.T) {
	vars := []Variable{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}}
	p := NewPublisher(PublisherOptions{Snapshot: func() []Variable { return slices.Clone(vars) }})
	p.Publish()
	s := subscribe(t, p)
	wantEvents(t, s, vars)
	p.Publish()
	wantEvents(t, s)
	vars[1].Value = "3"
	p.Publish()
	wantEvents(t, s, vars[1:])
	for range maxPending + 1 {
		p.PublishAll()
	}
	select {
	case <-s.ended:
	default:
		t.Error("want a subscription ended whose events are not taken")
	}
	if got := p.Subscribers(); got != 0 {
		t.Errorf("want no subscriber, got %d", got)
	}
}

// A subscription that begins between a change and its event takes that event away
// from nobody.
func TestSubscriptionSwallowsNoChange(t *testing.T) {
	vars := []Variable{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}}
	p := NewPublisher(PublisherOptions{Snapshot: func() []Variable { return slices.Clone(vars) }})
	first := subscribe(t, p)
	wantEvents(t, first, slices.Clone(vars))
	vars[0].Value = "5"
	second := subscribe(t, p)
	wantEvents(t, second, slices.Clone(vars))
	p.Publish()
	wantEvents(t, first, vars[:1])
}

func TestPublisherThatDoesNotTell(t *testing.T) {
	snapshot := func() []Variable { return []Variable{{Name: "A", Value: "1"}} }
	silent := NewPublisher(PublisherOptions{Snapshot: snapshot, Render: func([]Variable) []byte { return nil }})
	s := subscribe(t, silent)
	silent.PublishAll()
	wantEvents(t, s)
	if refusing := NewPublisher(PublisherOptions{Snapshot: snapshot, Refuses: true}); refusing.add(s) {
		t.Error("want no subscription taken")
	}
	for range maxSubscriptions - 1 {
		subscribe(t, silent)
	}
	if silent.add(&subscription{sid: "one more"}) {
		t.Error("want subscriptions bounded")
	}
}

func TestParseTimeout(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"Second-300": 300 * time.Second, "second-1": time.Second, "Second-infinite": maxSubscriptionTime,
		"Second-0": maxSubscriptionTime, "Second-99999": maxSubscriptionTime, "": maxSubscriptionTime,
	} {
		if got := parseTimeout(header); got != want {
			t.Errorf("%q: want %v, got %v", header, want, got)
		}
	}
}
