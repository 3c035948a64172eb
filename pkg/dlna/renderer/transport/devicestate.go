package transport

import "strings"

//go:generate go tool stringer -type=State -linecomment -output=devicestate_string.go

// A State is the TransportState that a renderer reports (AVTransport:1 section 2.2.1).
type State uint8

const (
	StateUnknown  State = iota // unknown
	NoMedia                    // no media
	Stopped                    // stopped
	Transitioning              // transitioning
	Playing                    // playing
	Paused                     // paused
)

// active reports whether there is something to stop.
func (s State) active() bool { return s == Transitioning || s == Playing || s == Paused }

// avTransportStates are the values of AVTransport's TransportState; vendor-specific
// ones become StateUnknown.
var avTransportStates = map[string]State{
	"NO_MEDIA_PRESENT": NoMedia,
	"STOPPED":          Stopped,
	"TRANSITIONING":    Transitioning,
	"PLAYING":          Playing,
	"PAUSED_PLAYBACK":  Paused,
}

func parseState(word string) State {
	return avTransportStates[strings.ToUpper(strings.TrimSpace(word))]
}

// openHomeStates are the values of OpenHome's TransportState.
var openHomeStates = map[string]State{
	"stopped":   Stopped,
	"buffering": Transitioning,
	"waiting":   Transitioning,
	"playing":   Playing,
	"paused":    Paused,
}

func parseOpenHomeState(word string) State {
	return openHomeStates[strings.ToLower(strings.TrimSpace(word))]
}
