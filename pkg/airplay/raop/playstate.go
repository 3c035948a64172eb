package raop

//go:generate go tool stringer -type=PlayState -linecomment -output=playstate_string.go

// A PlayState is whether a sender plays, as it reports itself. Few senders do.
type PlayState uint8

const (
	PlayStateUnknown PlayState = iota // unknown
	PlayStateStopped                  // stopped
	PlayStatePaused                   // paused
	PlayStatePlaying                  // playing
)

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
