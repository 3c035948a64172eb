package volume

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// All devices have instance 0 and know the channel Master.
const (
	instanceID    = "0"
	masterChannel = "Master"
)

// A ParsedEvent is the content of an event about the volume of a device, as text; an
// empty field was not in the event.
type ParsedEvent struct {
	Volume string
	Mute   string
}

// ParseEvent reads the properties of an event: the LastChange of
// RenderingControl, of instance 0 and the Master channel, or the variables Volume
// and Mute of OpenHome. A LastChange that is cut off counts as far as it goes.
func ParseEvent(properties map[string]string) ParsedEvent {
	e := ParsedEvent{Volume: properties["Volume"], Mute: properties["Mute"]}
	changes, _ := upnp.ParseLastChange(properties["LastChange"]) // changes before an error count
	for _, c := range changes {
		if c.Instance != "" && c.Instance != instanceID || !isMaster(c) {
			continue
		}
		switch c.Name {
		case "Volume":
			e.Volume = c.Value
		case "Mute":
			e.Mute = c.Value
		}
	}
	return e
}

// isMaster reports whether c is of the channel Master; some devices with one channel do
// not name it.
func isMaster(c upnp.Change) bool {
	return c.Channel == "" || strings.EqualFold(c.Channel, masterChannel)
}

// parseVolume reads the device's number; "20.0" has been seen.
func parseVolume(text string) (int, error) {
	whole, _, _ := strings.Cut(strings.TrimSpace(text), ".")
	raw, err := strconv.ParseInt(whole, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("renderer: volume: %w: %w", upnp.ErrMalformed, err)
	}
	return int(raw), nil
}

// bit is a boolean as a number: 1 for true.
func bit(on bool) int {
	if on {
		return 1
	}
	return 0
}
