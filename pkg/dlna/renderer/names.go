package renderer

import (
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/media"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
)

// Users of a Renderer need these names of the packages below, and no others.
type (
	Client       = conn.Client
	Media        = media.Media
	ProtocolInfo = media.ProtocolInfo
	State        = transport.State
)

// The states that a renderer reports.
const (
	StateUnknown  = transport.StateUnknown
	NoMedia       = transport.NoMedia
	Stopped       = transport.Stopped
	Transitioning = transport.Transitioning
	Playing       = transport.Playing
	Paused        = transport.Paused
)

// ErrUnsupported is returned for what the device does not offer.
var ErrUnsupported = conn.ErrUnsupported
