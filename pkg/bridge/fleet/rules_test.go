package fleet

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
)

// newRulesHarness is one in which the speaker "Kitchen" was found.
func newRulesHarness(t *testing.T, groups, rules string) *harness {
	t.Helper()
	parsedGroups, err := rule.ParseGroups(groups)
	if err != nil {
		t.Fatal(err)
	}
	parsedRules, err := rule.Parse(rules)
	if err != nil {
		t.Fatal(err)
	}
	h := newHarnessWith(t, func(o *Options) { o.Groups, o.Rules = parsedGroups, parsedRules })
	h.findsNow("Kitchen")
	if h.roster["uuid:1"] == nil {
		t.Fatal("want the kitchen offered")
	}
	return h
}

// findsNow tells of a look at the one speaker, by the name that it has now.
func (h *harness) findsNow(name string) {
	h.t.Helper()
	from := netip.MustParseAddr("127.0.0.1")
	d := described(h.t, "uuid:1", name)
	one, err := h.inspector.connect(d, d, from)
	if err != nil {
		h.t.Fatal(err)
	}
	h.inspector.setFormats(one)
	h.looked(finding{location: wired, from: from, found: []*found{one}})
}

// connect has a sender begin a session with a bridge.
func (h *harness) connect(b *bridge.Bridge, password string) (*sender.Sender, error) {
	h.t.Helper()
	s, err := sender.New(sender.Options{
		Addr: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), b.Port()), Password: password,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	h.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Error(err)
		}
	})
	return s, s.Connect(h.t.Context())
}

// waitInUse waits until a sender has a bridge, or none has.
func (h *harness) waitInUse(b *bridge.Bridge, want bool) {
	h.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	timeout := time.After(10 * time.Second)
	for b.InUse() != want {
		select {
		case <-tick.C:
		case <-timeout:
			h.t.Fatalf("timed out waiting for the bridge in use: %v", want)
		}
	}
}

func TestRulesGoByTheNewName(t *testing.T) {
	h := newRulesHarness(t, "Downstairs=*", "Library: password=secret, latency=1s")
	before := h.roster["uuid:1"].bridge
	h.findsNow("Kitchen")
	if h.roster["uuid:1"].bridge != before {
		t.Error("want nothing done without a new name")
	}
	h.findsNow("Bath")
	if s := h.roster["uuid:1"]; s.bridge != before || s.bridge.Name() != "Bath (AirPlay)" {
		t.Error("want a speaker for which no other rules hold called by its name alone")
	}
	h.findsNow("Library")
	s := h.roster["uuid:1"]
	if s == nil || s.bridge == before {
		t.Fatalf("want the speaker set up anew, got %+v", s)
	}
	o := h.launcher.bridgeOptions(s.bridge.Name(), s.udn, s.settings)
	if o.Receiver.Password != "secret" || o.Latency != time.Second {
		t.Errorf("want the rule applied, got %+v", o)
	}
	if s.bridge.ID() != before.ID() {
		t.Errorf("want the identity kept, %v, got %v", before.ID(), s.bridge.ID())
	}
	h.wantPassword(s.bridge, "secret")
	if got := s.publication.Name(); !strings.HasSuffix(got, "@Library (AirPlay)") {
		t.Errorf("want the new name announced, got %q", got)
	}
	if g := h.groups.all[0]; len(g.members) != 1 || g.offer == nil {
		t.Error("want it in its group as before")
	}
}

// wantPassword fails the test unless a bridge lets in senders with that password,
// and no others.
func (h *harness) wantPassword(b *bridge.Bridge, password string) {
	h.t.Helper()
	var status *sender.StatusError
	if _, err := h.connect(b, ""); !errors.As(err, &status) || status.Status != http.StatusUnauthorized {
		h.t.Errorf("want no sender without the password, got %v", err)
	}
	if _, err := h.connect(b, password); err != nil {
		h.t.Errorf("want a sender with the password, got %v", err)
	}
}

func TestRuleLeavesOutByTheNewName(t *testing.T) {
	h := newRulesHarness(t, "", "Library: skip")
	h.findsNow("Library")
	if len(h.roster) != 0 {
		t.Error("want the speaker taken off the list")
	}
	h.findsNow("Kitchen")
	if h.roster["uuid:1"] == nil {
		t.Error("want the speaker offered again")
	}
}

// Music that plays goes on, whatever the rules say now.
func TestRulesWaitWhileItPlays(t *testing.T) {
	for _, rules := range []string{"Library: codec=mp3", "Library: skip"} {
		for name, plays := range map[string]func(h *harness) *bridge.Bridge{
			"by itself":  func(h *harness) *bridge.Bridge { return h.roster["uuid:1"].bridge },
			"in a group": func(h *harness) *bridge.Bridge { return h.groups.all[0].offer.bridge },
		} {
			t.Run(rules+" "+name, func(t *testing.T) {
				h := newRulesHarness(t, "Downstairs=*", rules)
				before, playing := h.roster["uuid:1"].bridge, plays(h)
				s, err := h.connect(playing, "")
				if err != nil {
					t.Fatal(err)
				}
				h.waitInUse(playing, true)
				for range absentAfter + 1 {
					h.findsNow("Library")
				}
				if s := h.roster["uuid:1"]; s == nil || s.bridge != before || !s.absent.IsZero() {
					t.Fatalf("want it left alone, got %+v", s)
				}
				if err := s.Teardown(t.Context()); err != nil {
					t.Fatal(err)
				}
				h.waitInUse(playing, false)
				h.findsNow("Library")
				if s := h.roster["uuid:1"]; s != nil && s.bridge == before {
					t.Error("want the rules applied after it has played")
				}
			})
		}
	}
}
