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

// A ParsedEvent is what an event of a device says about its volume, as it wrote
// it; what is empty it does not say.
type ParsedEvent struct {
	Volume string
	Mute   string
}

// ParseEvent reads the properties of an event: the LastChange of
// RenderingControl, of instance 0 and the Master channel, or the variables Volume
// and Mute of OpenHome. A LastChange that is cut off counts as far as it goes.
func ParseEvent(properties map[string]string) ParsedEvent {
	e := ParsedEvent{Volume: properties["Volume"], Mute: properties["Mute"]}
	changes, _ := upnp.ParseLastChange(properties["LastChange"]) // what can be read of it counts
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

// isMaster reports whether c is of the channel that we turn; some devices with
// one channel do not name it.
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
