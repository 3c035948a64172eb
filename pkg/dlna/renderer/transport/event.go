package transport

import "github.com/breezeway-audio/breezeway/pkg/dlna/upnp"

// A ParsedEvent is what an event of a device says about its transport; what is
// zero it does not say.
type ParsedEvent struct {
	State    State
	TrackURI string // of what plays
	MediaURI string // that was set last
}

// ParseEvent reads the properties of an event: the LastChange of AVTransport, of
// instance 0, or TransportState of OpenHome. A LastChange that is cut off counts
// as far as it goes.
func ParseEvent(properties map[string]string) ParsedEvent {
	e := ParsedEvent{State: parseOpenHomeState(properties["TransportState"])}
	changes, _ := upnp.ParseLastChange(properties["LastChange"]) // what can be read of it counts
	for _, c := range changes {
		if c.Instance != "" && c.Instance != instance.InstanceID {
			continue
		}
		switch c.Name {
		case "TransportState":
			e.State = parseState(c.Value)
		case "CurrentTrackURI":
			e.TrackURI = implemented(c.Value)
		case "AVTransportURI":
			e.MediaURI = implemented(c.Value)
		}
	}
	return e
}
