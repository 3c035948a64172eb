package sonos

import (
	"context"
	"fmt"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// An Input remembers the television or line input that a player was set to before
// we played on it. It is not safe for use by several goroutines.
type Input struct {
	client    Client
	transport upnp.Service
	uri       string // "": nothing to restore
	metadata  string // DIDL-Lite, as the player reported it
	playing   bool
}

// NewInput makes the Input of a described player, root or MediaRenderer. It
// sends nothing.
func NewInput(client Client, player *upnp.Device) (*Input, error) {
	svc, ok := player.Service(typeAVTransport)
	if !ok {
		return nil, fmt.Errorf("sonos: AVTransport: %w", ErrUnsupported)
	}
	return &Input{client: client, transport: svc}, nil
}

type (
	setURIIn struct{ InstanceID, CurrentURI, CurrentURIMetaData string }
	playIn   struct{ InstanceID, Speed string }
	mediaOut struct{ CurrentURI, CurrentURIMetaData string }
	stateOut struct{ CurrentTransportState string }
)

const notImplemented = "NOT_IMPLEMENTED"

// Remember requests the player's current source and returns it. It must be called
// before the player gets our stream. Only a television or line input is remembered;
// another source clears what was remembered before, unless it is a stream, which may
// be ours.
func (i *Input) Remember(ctx context.Context) (Source, error) {
	var media mediaOut
	if err := i.call(ctx, "GetMediaInfo", instance, &media); err != nil {
		return SourceUnknown, err
	}
	source := SourceOf(media.CurrentURI)
	switch source {
	case SourceLineIn, SourceTV:
		var state stateOut
		if err := i.call(ctx, "GetTransportInfo", instance, &state); err != nil {
			return source, err
		}
		i.uri, i.metadata = strings.TrimSpace(media.CurrentURI), media.CurrentURIMetaData
		if i.metadata == notImplemented {
			i.metadata = ""
		}
		i.playing = state.CurrentTransportState == "PLAYING"
	case SourceStream:
		// It may be our stream: keep what was remembered.
	default:
		i.uri = ""
	}
	return source, nil
}

// Restore sets the player back to its input, once, and plays that if it played before.
// It does nothing if nothing is remembered, or if the player's source is not a stream
// any more: it joined a group, or the user chose something else.
func (i *Input) Restore(ctx context.Context) error {
	if i.uri == "" {
		return nil
	}
	var media mediaOut
	if err := i.call(ctx, "GetMediaInfo", instance, &media); err != nil {
		return err
	}
	uri := i.uri
	i.uri = ""
	if SourceOf(media.CurrentURI) != SourceStream {
		return nil
	}
	in := setURIIn{InstanceID: "0", CurrentURI: uri, CurrentURIMetaData: i.metadata}
	if err := i.call(ctx, "SetAVTransportURI", in, nil); err != nil {
		return err
	}
	if !i.playing {
		return nil
	}
	return i.call(ctx, "Play", playIn{InstanceID: "0", Speed: "1"}, nil)
}

func (i *Input) call(ctx context.Context, action string, in, out any) error {
	if err := i.client.Call(ctx, i.transport, action, in, out); err != nil {
		return fmt.Errorf("sonos: %w", err)
	}
	return nil
}
