package raop

import "fmt"

// A PlayState is what a sender says that it does. Few say it.
type PlayState uint8

const (
	PlayStateUnknown PlayState = iota
	PlayStateStopped
	PlayStatePaused
	PlayStatePlaying
)

// String gives "unknown", "stopped", "paused" or "playing".
func (s PlayState) String() string {
	names := [...]string{"unknown", "stopped", "paused", "playing"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("PlayState(%d)", uint8(s))
}

// playStateOf reads the number that iTunes writes as "caps" or "cmst".
func playStateOf(number uint64) PlayState {
	switch number {
	case 2:
		return PlayStateStopped
	case 3:
		return PlayStatePaused
	case 4:
		return PlayStatePlaying
	}
	return PlayStateUnknown
}
