package rule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// Settings are what rules say about one speaker; nil where they say nothing.
type Settings struct {
	Skip        *bool        // true: not offered. false: offered, even if it would be skipped by itself
	Rename      *string      // the AirPlay name
	Codec       *audio.Codec // CodecUnknown: auto
	FLACBlock   *int         // frames
	MP3Bitrate  *int         // kbit/s
	Length      *Length
	VolumeMax   *int // percent of the speaker's range, as the next two
	VolumeMin   *int
	VolumeStart *int
	VolumeCurve *Curve
	VolumeFixed *bool // senders do not turn the speaker
	Latency     *time.Duration
	Preroll     *time.Duration // 0: auto
	Delay       *time.Duration // in a group, behind the other members
	Password    *Password      // empty: none
	Takeover    *Takeover
	Pause       *Pause
	Sync        *bool // heard when the sender counts on it
	Drift       *bool // follow the speaker's clock
	SkipNative  *bool // do not offer it if it speaks AirPlay itself
	Artwork     *bool // tell the speaker where the cover is
	Restore     *bool // Sonos: back to the television or line input after playing
}

// override takes over what later says.
func (s *Settings) override(later Settings) {
	for _, row := range settingTable {
		row.copy(s, &later)
	}
}

// check holds what one rule says against itself.
func (s *Settings) check() error {
	if *s == (Settings{}) {
		return errors.New("no settings follow the colon")
	}
	if s.VolumeMin != nil && s.VolumeMax != nil && *s.VolumeMin > *s.VolumeMax {
		return fmt.Errorf("volume-min %d is above volume-max %d", *s.VolumeMin, *s.VolumeMax)
	}
	return nil
}

// String gives the settings as a rule has them, in the order of the table, with
// passwords hidden.
func (s Settings) String() string {
	var texts []string
	for _, row := range settingTable {
		if text, given := row.show(&s); given {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, ", ")
}
