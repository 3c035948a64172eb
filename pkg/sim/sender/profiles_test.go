package sender_test

import (
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
)

func TestProfilesAreComplete(t *testing.T) {
	seen := make(map[string]bool)
	for _, p := range sender.Profiles() {
		if p.Name == "" || p.Source == "" || p.Options.UserAgent == "" || seen[p.Name] {
			t.Errorf("%q: want a name of its own, a source and a User-Agent, got %+v", p.Name, p)
		}
		seen[p.Name] = true
	}
}
