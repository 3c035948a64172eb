package player

import (
	"context"
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// An Output is what a player plays on: a renderer, or the coordinator of a Sonos
// room's group.
type Output interface {
	device
	// OnEvent has the output's events given to handle from now on.
	OnEvent(handle func(renderer.Event))
	// Run watches the output, so that there are events, until ctx ends.
	Run(ctx context.Context) error
	// RequestPoll has the transport's state asked for soon.
	RequestPoll()
	// FollowClock says whether positions are wanted that are exact enough to
	// measure the output's clock by.
	FollowClock(on bool)
	// ReportsOwnVolume reports whether the volume in its events is that of the
	// speaker; else the speaker is asked.
	ReportsOwnVolume() bool
	// FollowsAnother reports whether a URI that is not ours says that the output
	// plays what another speaker does, as a Sonos player in a group.
	FollowsAnother(uri string) bool
}

// A device is the part of an Output that a driver commands.
type device interface {
	Play(ctx context.Context, media renderer.Media) error
	Stop(ctx context.Context) error
	SetVolume(ctx context.Context, level float64) error
	SetMute(ctx context.Context, mute bool) error
	Volume(ctx context.Context) (level float64, err error)
	VolumeStep() float64 // the least change of level
}

// A Target is a renderer that was found and described, with what is known of it.
type Target struct {
	Output   Output
	UDN      string
	Name     string // its own, or what a rule calls it
	Model    string
	Location string     // URL of its description
	Address  netip.Addr // where it fetches its stream from
	OpenHome bool       // it is driven by OpenHome, since it has no AVTransport
	Settings settings.Speaker
	Traits   quirk.Traits
	Formats  *quirk.FormatFallback // the formats to try; its player's alone
}
