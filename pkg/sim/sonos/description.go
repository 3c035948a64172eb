package sonos

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

const (
	descriptionPath = "/xml/device_description.xml"
	serverName      = "Linux UPnP/1.0 Sonos/83.1-61240 (ZPS18)"
)

// handler serves the player, once the inner speaker is up.
func (p *Player) handler() http.Handler {
	description := p.description()
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+descriptionPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", device.ContentType)
		w.Header().Set("Server", serverName)
		_, _ = io.WriteString(w, description) // a reader that is gone needs no answer
	})
	mux.HandleFunc("POST /ZoneGroupTopology/Control", serveActions(p.topologyActions(), nil))
	p.events.Handle(mux, "/ZoneGroupTopology/Event", p.topology)
	mux.HandleFunc("POST /DeviceProperties/Control", serveActions(p.propertiesActions(), nil))
	mux.HandleFunc("POST /MediaRenderer/GroupRenderingControl/Control", serveActions(p.groupRenderingActions(), nil))
	mux.HandleFunc("POST /MediaRenderer/AVTransport/Control", serveActions(p.avTransportActions(), p.toInner("AVTransport")))
	mux.HandleFunc("POST /MediaRenderer/RenderingControl/Control", serveActions(p.outputActions(), p.toInner("RenderingControl")))
	return mux
}

func (p *Player) topologyActions() map[string]handler {
	return map[string]handler{"GetZoneGroupState": func(*http.Request, map[string]string) ([]device.Argument, *device.Fault) {
		p.asked.Add(1)
		if p.household.options.TooLarge {
			return nil, errActionFailed
		}
		return arguments("ZoneGroupState", p.household.state()), nil
	}}
}

// TopologyCalls is how often the player was asked for the topology.
func (p *Player) TopologyCalls() int { return int(p.asked.Load()) }

func (p *Player) propertiesActions() map[string]handler {
	return map[string]handler{"GetHouseholdID": constant("CurrentHouseholdID", p.household.options.ID)}
}

// outputActions are those of RenderingControl that only Sonos has.
func (p *Player) outputActions() map[string]handler {
	fixed := "0"
	if p.options.FixedOutput {
		fixed = "1"
	}
	return map[string]handler{
		"GetSupportsOutputFixed": constant("CurrentSupportsFixed", fixed),
		"GetOutputFixed":         constant("CurrentFixed", fixed),
	}
}

func constant(name, value string) handler {
	return func(*http.Request, map[string]string) ([]device.Argument, *device.Fault) {
		return arguments(name, value), nil
	}
}

// description is the device description, in the shape of a real player's.
func (p *Player) description() string {
	o := p.household.options
	generation := "2"
	if o.Generation == S1 {
		generation = "1"
	}
	renderer := ""
	if !p.options.Bridge {
		renderer = `<deviceList><device><deviceType>urn:schemas-upnp-org:device:MediaRenderer:1</deviceType>` +
			`<friendlyName>` + device.Escape(p.options.Room+" - "+p.model()) + ` Media Renderer</friendlyName>` + p.maker() +
			`<UDN>uuid:` + p.uuid + `_MR</UDN><serviceList>` +
			p.innerService("AVTransport") + p.innerService("RenderingControl") + p.innerService("ConnectionManager") +
			ownService("GroupRenderingControl", "/MediaRenderer") + `</serviceList></device></deviceList>`
	}
	return `<?xml version="1.0" encoding="utf-8" ?>` +
		`<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion>` +
		`<device><deviceType>urn:schemas-upnp-org:device:ZonePlayer:1</deviceType>` +
		`<friendlyName>` + p.options.Listen.String() + device.Escape(" - "+p.model()) + `</friendlyName>` + p.maker() +
		`<softwareVersion>` + o.Generation.software() + `</softwareVersion><swGen>` + generation + `</swGen>` +
		`<UDN>uuid:` + p.uuid + `</UDN><roomName>` + device.Escape(p.options.Room) + `</roomName>` +
		`<serviceList>` + ownService("ZoneGroupTopology", "") + ownService("DeviceProperties", "") + `</serviceList>` +
		renderer + `</device></root>`
}

func (p *Player) model() string { return cmp.Or(p.options.Model, "Sonos One") }

func (p *Player) maker() string {
	return `<manufacturer>Sonos, Inc.</manufacturer><modelName>` + device.Escape(p.model()) + `</modelName>`
}

// ownService is a service that the household answers for. No SCPD is served:
// nobody reads it.
func ownService(name, folder string) string {
	return describe(name, "/xml/"+name+"1.xml", folder+"/"+name+"/Control", folder+"/"+name+"/Event")
}

// innerService is a service of the inner speaker, called through the player
// where the household has a say in it.
func (p *Player) innerService(name string) string {
	control := "/MediaRenderer/" + name + "/Control"
	if name == "ConnectionManager" {
		control = p.innerURL(name, "control")
	}
	return describe(name, p.innerURL(name, "scpd.xml"), control, p.innerURL(name, "event"))
}

func describe(name, scpd, control, event string) string {
	return strings.Join([]string{`<service>`,
		fmt.Sprintf(`<serviceType>urn:schemas-upnp-org:service:%s:1</serviceType>`, name),
		fmt.Sprintf(`<serviceId>urn:upnp-org:serviceId:%s</serviceId>`, name),
		fmt.Sprintf(`<controlURL>%s</controlURL><eventSubURL>%s</eventSubURL><SCPDURL>%s</SCPDURL>`, control, event, scpd),
		`</service>`}, "")
}
