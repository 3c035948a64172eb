package quirk

import (
	"slices"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// TestRowsAreSound holds what every row owes its reader.
func TestRowsAreSound(t *testing.T) {
	for _, r := range table {
		name := r.Manufacturer + "/" + r.Model + r.Server
		if r.Source == "" {
			t.Errorf("%s: want a source", name)
		}
		if name == "/" {
			t.Error("a row asks for nothing: it would match every device")
		}
		if r.Traits.MIME != nil && !slices.Contains(r.Traits.Codecs, audio.MP3) {
			t.Errorf("%s: a spelling for a codec that it does not prefer", name)
		}
		for _, c := range r.Traits.Refuses {
			if slices.Contains(r.Traits.Codecs, c) {
				t.Errorf("%s: prefers and refuses %v", name, c)
			}
		}
		if d := r.Traits.Preroll; d < 0 || d > 10*time.Second {
			t.Errorf("%s: preroll %v", name, d)
		}
	}
}
