package raop

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// The values of text/parameters bodies: "volume: -11.25", "progress: a/b/c".

const (
	minVolumeDB = -30.0  // the lowest that is not mute
	muteDB      = -144.0 // what senders write for "mute"
)

// parseVolume reads a level in decibels. Some senders write levels below -30
// that are not mute; they are raised to it.
func parseVolume(text string) (Volume, error) {
	db, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(db) || math.IsInf(db, 0) {
		return Volume{}, fmt.Errorf("%w: volume %.40q", ErrMalformed, text)
	}
	if db <= muteDB {
		return Volume{DB: minVolumeDB, Mute: true}, nil
	}
	return Volume{DB: min(max(db, minVolumeDB), 0)}, nil
}

// formatVolume is the inverse of parseVolume.
func formatVolume(db float64) string {
	return strconv.FormatFloat(db, 'f', 6, 64)
}

// parseProgress reads "start/current/end", RTP timestamps of the track's
// beginning, of now and of the end. Radio has no end after its start.
func parseProgress(text string, f audio.Format) (Progress, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 3 {
		return Progress{}, fmt.Errorf("%w: progress %.60q", ErrMalformed, text)
	}
	var at [3]uint32
	for i, part := range parts {
		timestamp, err := parse32(part)
		if err != nil {
			return Progress{}, fmt.Errorf("%w: progress: %w", ErrMalformed, err)
		}
		at[i] = timestamp
	}
	between := func(from, to uint32) time.Duration {
		return max(0, f.Duration(audio.TimestampDiff(to, from)))
	}
	return Progress{Elapsed: between(at[0], at[1]), Length: between(at[0], at[2])}, nil
}
