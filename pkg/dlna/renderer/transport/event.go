package transport

import "github.com/breezeway-audio/breezeway/pkg/dlna/upnp"

// A ParsedEvent is the content of an event about the transport of a device; a zero
// field was not in the event.
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
	changes, _ := upnp.ParseLastChange(properties["LastChange"]) // changes before an error count
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
