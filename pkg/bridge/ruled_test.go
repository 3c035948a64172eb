package bridge

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/rule"
)

// ruled has a house in which the speaker "Kitchen" was found.
func ruled(t *testing.T, groups, rules string) *house {
	t.Helper()
	h := grouped(t, groups)
	parsed, err := rule.Parse(rules)
	if err != nil {
		t.Fatal(err)
	}
	h.options.Rules = parsed
	h.findsRuled("Kitchen")
	if h.roster["uuid:1"] == nil {
		t.Fatal("want the kitchen offered")
	}
	return h
}

// findsRuled tells of a look at the one speaker, by the name that it has now.
func (h *house) findsRuled(name string) {
	h.t.Helper()
	from := netip.MustParseAddr("127.0.0.1")
	d := described(h.t, "uuid:1", name)
	found, err := h.target(d, d, from)
	if err != nil {
		h.t.Fatal(err)
	}
	found.initFormats()
	h.tells(finding{location: wired, from: from, targets: []*target{found}})
}

func TestRulesGoByTheNewName(t *testing.T) {
	h := ruled(t, "Downstairs=*", "Library: password=secret, latency=1s")
	before := h.roster["uuid:1"].bridge
	h.findsRuled("Kitchen")
	if h.roster["uuid:1"].bridge != before {
		t.Error("want nothing done without a new name")
	}
	h.findsRuled("Bath")
	if e := h.roster["uuid:1"]; e.bridge != before || e.bridge.Name() != "Bath (AirPlay)" {
		t.Error("want a speaker for which no other rules hold called by its name alone")
	}
	h.findsRuled("Library")
	e := h.roster["uuid:1"]
	if e == nil || e.bridge == before {
		t.Fatalf("want the speaker set up anew, got %+v", e)
	}
	o := e.bridge.options
	if o.Receiver.Password != "secret" || o.Delay.Seconds() != 1 || o.Receiver.ID != before.options.Receiver.ID {
		t.Errorf("want the rule applied and the identity kept, got %+v", o)
	}
	if got := e.publication.Name(); !strings.HasSuffix(got, "@Library (AirPlay)") {
		t.Errorf("want the new name announced, got %q", got)
	}
	if len(h.groups[0].members) != 1 || h.groups[0].bridge == nil {
		t.Error("want it in its group as before")
	}
}

func TestRuleLeavesOutByTheNewName(t *testing.T) {
	h := ruled(t, "", "Library: skip")
	h.findsRuled("Library")
	if len(h.roster) != 0 {
		t.Error("want the speaker taken off the list")
	}
	h.findsRuled("Kitchen")
	if h.roster["uuid:1"] == nil {
		t.Error("want the speaker offered again")
	}
}

// Music that plays goes on, whatever the rules say now.
func TestRulesWaitWhileItPlays(t *testing.T) {
	for _, rules := range []string{"Library: codec=mp3", "Library: skip"} {
		for name, plays := range map[string]func(h *house) *Bridge{
			"by itself":  func(h *house) *Bridge { return h.roster["uuid:1"].bridge },
			"in a group": func(h *house) *Bridge { return h.groups[0].bridge },
		} {
			t.Run(rules+" "+name, func(t *testing.T) {
				h := ruled(t, "Downstairs=*", rules)
				before, playing := h.roster["uuid:1"].bridge, plays(h)
				playing.update(func(s *status) { s.pipeline = &pipeline{} })
				for range absentAfter + 1 {
					h.findsRuled("Library")
				}
				if e := h.roster["uuid:1"]; e == nil || e.bridge != before || !e.absent.IsZero() {
					t.Fatalf("want it left alone, got %+v", e)
				}
				playing.update(func(s *status) { s.pipeline = nil })
				h.findsRuled("Library")
				if e := h.roster["uuid:1"]; e != nil && e.bridge == before {
					t.Error("want the rules applied after it has played")
				}
			})
		}
	}
}
