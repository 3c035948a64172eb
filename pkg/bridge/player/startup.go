package player

import "time"

const (
	// usualStartup is what a renderer takes from the order to its first sound, as
	// long as that is not known.
	usualStartup = 500 * time.Millisecond
	// MostStartup is the longest startup that others wait for: one that wakes from
	// standby is not waited for.
	MostStartup = 3 * time.Second
	// mostUncertainty is how uncertain a startup may be that is used. More has only a
	// renderer that does not count from its first sound.
	mostUncertainty = time.Second
)

// A startup is how long a renderer takes from the order to its first sound, as
// measured by its position. The zero startup is not known yet.
type startup struct {
	took        time.Duration // this, or half of uncertainty more or less; 0: not known
	uncertainty time.Duration
}

// update takes a newer measurement, unless it says the same and is less exact, or is
// too uncertain.
func (s startup) update(measured startup) startup {
	agrees := s.took != 0 && (s.took-measured.took).Abs() <= (s.uncertainty+measured.uncertainty)/2
	if measured.uncertainty > mostUncertainty || agrees && s.uncertainty < measured.uncertainty {
		return s
	}
	return measured
}

// expected is how long the next startup is taken to be.
func (s startup) expected() time.Duration {
	if s.took == 0 || s.took > MostStartup { // not known, or out of standby
		return usualStartup
	}
	return s.took
}
