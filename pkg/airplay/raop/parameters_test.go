package raop

import (
	"errors"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

func TestParseVolume(t *testing.T) {
	for text, want := range map[string]Volume{
		"0.000000":    {DB: 0},
		"-13.761174":  {DB: -13.761174},
		"-30":         {DB: -30},
		"-61.5":       {DB: -30}, // PulseAudio's own curve
		"-143.9":      {DB: -30},
		"-144.000000": {DB: -30, Mute: true},
		"-1000":       {DB: -30, Mute: true},
		"6":           {DB: 0},
	} {
		if got, err := parseVolume(text); err != nil || got != want {
			t.Errorf("%s: want %+v, got %+v, %v", text, want, got, err)
		}
	}
	for _, text := range []string{"", "loud", "NaN", "Inf", "-Inf", "1e999", "-1 2"} {
		if got, err := parseVolume(text); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: want ErrMalformed, got %+v, %v", text, got, err)
		}
	}
}

func TestVolumeRoundTrip(t *testing.T) {
	for _, want := range []float64{0, -11.123877, -30} {
		if got, err := parseVolume(formatVolume(want)); err != nil || got.DB != want {
			t.Errorf("want %v, got %+v, %v", want, got, err)
		}
	}
	if got, err := parseVolume(formatVolume(muteDB)); err != nil || !got.Mute {
		t.Errorf("want mute, got %+v, %v", got, err)
	}
}

func TestParseProgress(t *testing.T) {
	for text, want := range map[string]Progress{
		"0/0/0":                   {},
		"44100/88200/441000":      {Elapsed: time.Second, Length: 9 * time.Second},
		"4294967295/44099/220499": {Elapsed: time.Second, Length: 5 * time.Second}, // wraps
		"88200/44100/132300":      {Elapsed: 0, Length: time.Second},               // starts in the future
		"88200/132300/88200":      {Elapsed: time.Second},                          // radio
		"88200/132300/0":          {Elapsed: time.Second},
	} {
		if got, err := parseProgress(text, audio.CD); err != nil || got != want {
			t.Errorf("%s: want %+v, got %+v, %v", text, want, got, err)
		}
	}
	for _, text := range []string{"", "1/2", "1/2/3/4", "a/b/c", "1/2/4294967296", "-1/2/3"} {
		if got, err := parseProgress(text, audio.CD); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: want ErrMalformed, got %+v, %v", text, got, err)
		}
	}
}
