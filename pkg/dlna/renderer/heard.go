package renderer

import (
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A telling is what one event of a device says; what is empty it does not say.
type telling struct {
	state     State
	trackURI  string // of what plays
	queuedURI string // that was last handed over for playing
	volume    string
	mute      string
}

// readEvent reads the properties of an event: the LastChange of AVTransport
// and RenderingControl, of instance 0 and the Master channel, or the single
// variables of OpenHome. A LastChange that breaks off counts as far as it
// goes.
func readEvent(properties map[string]string) telling {
	t := telling{
		state:  parseOpenHomeState(properties["TransportState"]),
		volume: properties["Volume"],
		mute:   properties["Mute"],
	}
	changes, _ := upnp.ParseLastChange(properties["LastChange"]) // what can be read of it counts
	for _, c := range changes {
		if c.Instance == "" || c.Instance == instance.InstanceID {
			t.take(c)
		}
	}
	return t
}

func (t *telling) take(c upnp.Change) {
	switch c.Name {
	case "TransportState":
		t.state = parseState(c.Value)
	case "CurrentTrackURI":
		t.trackURI = told(c.Value)
	case "AVTransportURI":
		t.queuedURI = told(c.Value)
	case "Volume":
		if ofMaster(c) {
			t.volume = c.Value
		}
	case "Mute":
		if ofMaster(c) {
			t.mute = c.Value
		}
	}
}

func told(value string) string {
	if value == notImplemented {
		return ""
	}
	return value
}

// ofMaster reports whether c is of the channel that we turn; some devices with
// one channel do not name it.
func ofMaster(c upnp.Change) bool {
	return c.Channel == "" || strings.EqualFold(c.Channel, masterChannel)
}
