package speaker

import (
	"fmt"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

// Namespaces of LastChange (AVTransport:1 and RenderingControl:1, section 2.3.1).
const (
	avtSpace = "urn:schemas-upnp-org:metadata-1-0/AVT/"
	rcsSpace = "urn:schemas-upnp-org:metadata-1-0/RCS/"
)

// newPublisher publishes the events of one service, changed by the quirks. space is
// LastChange's namespace; "" for a service whose variables are evented one by one.
func newPublisher(space string, q Quirks, snapshot func() []device.Variable) *device.Publisher {
	render := func(vars []device.Variable) []byte {
		if q.Events == EventsNone {
			return nil
		}
		vars = q.Events.distort(vars)
		if space != "" {
			vars = []device.Variable{{Name: "LastChange", Value: lastChange(space, vars)}}
		}
		return q.encodeXML(device.PropertySet(vars))
	}
	return device.NewPublisher(device.PublisherOptions{Snapshot: snapshot, Render: render, Refuses: q.Events == EventsRefused})
}

func lastChange(space string, vars []device.Variable) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<Event xmlns="%s"><InstanceID val="0">`, space)
	for _, v := range vars {
		channel := ""
		if v.Channel != "" {
			channel = fmt.Sprintf(` channel="%s"`, device.Escape(v.Channel))
		}
		fmt.Fprintf(&b, `<%s%s val="%s"/>`, v.Name, channel, device.Escape(v.Value))
	}
	b.WriteString(`</InstanceID></Event>`)
	return b.String()
}
