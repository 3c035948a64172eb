package sonos

import "strings"

//go:generate go tool stringer -type=Source -linecomment

// A Source is the kind of a player's AVTransportURI.
type Source uint8

const (
	// SourceUnknown: nothing is loaded, or the scheme is unknown.
	SourceUnknown Source = iota // unknown
	// SourceStream is a stream by HTTP: ours are of this kind.
	SourceStream // stream
	// SourceQueue is the player's own queue.
	SourceQueue // queue
	// SourceLineIn is its line input, or that of another player.
	SourceLineIn // line in
	// SourceTV is its television input.
	SourceTV // television
	// SourceFollower: it plays what another player plays, and is no coordinator.
	SourceFollower // another player
	// SourceNative is AirPlay, Spotify Connect and the like, by the player itself.
	SourceNative // native
)

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

// SourceOf is the source that an AVTransportURI names.
func SourceOf(uri string) Source {
	scheme, _, _ := strings.Cut(strings.TrimSpace(uri), ":")
	return sourceSchemes[strings.ToLower(scheme)]
}
