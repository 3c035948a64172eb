package sonos

import (
	"fmt"
	"strings"
)

// A Source is what kind of thing a player's AVTransportURI names.
type Source uint8

const (
	SourceUnknown  Source = iota // nothing is loaded, or a scheme that is not known
	SourceStream                 // something by HTTP: ours are of this kind
	SourceQueue                  // the player's own queue
	SourceLineIn                 // its line input, or another player's
	SourceTV                     // its television input
	SourceFollower               // another player's sound: this one is no coordinator
	SourceNative                 // AirPlay, Spotify Connect and the like, by the player itself
)

var sourceNames = [...]string{"unknown", "stream", "queue", "line in", "television", "another player", "native"}

// String gives words for people.
func (s Source) String() string {
	if int(s) < len(sourceNames) {
		return sourceNames[s]
	}
	return fmt.Sprintf("Source(%d)", uint8(s))
}

// The schemes of AVTransportURI (SoCo core.py; Sonos' names).
var sourceSchemes = map[string]Source{
	"http":              SourceStream,
	"x-rincon-mp3radio": SourceStream,
	"aac":               SourceStream,
	"x-rincon-queue":    SourceQueue,
	"x-rincon-stream":   SourceLineIn,
	"x-sonos-htastream": SourceTV,
	"x-rincon":          SourceFollower,
	"x-sonos-vli":       SourceNative,
}

// SourceOf sorts an AVTransportURI.
func SourceOf(uri string) Source {
	scheme, _, _ := strings.Cut(strings.TrimSpace(uri), ":")
	return sourceSchemes[strings.ToLower(scheme)]
}
