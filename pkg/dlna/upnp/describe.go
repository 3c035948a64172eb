package upnp

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/huin/goupnp"
)

// maxNameRunes bounds the texts of a description that are shown to people.
const maxNameRunes = 200

// The description (UDA 1.1 section 2.3) as it is on the wire. Unlike
// goupnp.RootDevice it reads no numbers and no icons.
type rootXML struct {
	URLBase string    `xml:"URLBase"`
	Device  deviceXML `xml:"device"`
}

// whole reports whether x has what a device cannot do without.
func (x *rootXML) whole() bool {
	return strings.TrimSpace(x.Device.UDN) != "" && len(x.Device.Services)+len(x.Device.Devices) > 0
}

type deviceXML struct {
	UDN          string           `xml:"UDN"`
	DeviceType   string           `xml:"deviceType"`
	FriendlyName string           `xml:"friendlyName"`
	Manufacturer string           `xml:"manufacturer"`
	ModelName    string           `xml:"modelName"`
	ModelNumber  string           `xml:"modelNumber"`
	SerialNumber string           `xml:"serialNumber"`
	RoomName     string           `xml:"roomName"`
	SwGen        string           `xml:"swGen"`
	Software     string           `xml:"softwareVersion"`
	Display      string           `xml:"displayVersion"`
	Services     []goupnp.Service `xml:"serviceList>service"`
	Devices      []deviceXML      `xml:"deviceList>device"`
}

// Describe fetches the description at location, which the host `from`
// announced, and returns the root device. A location that the guard refuses
// is ErrRefused, a document without a device ErrMalformed.
func (c *Client) Describe(ctx context.Context, location string, from netip.Addr) (*Device, error) {
	u, err := c.checkLocation(strings.TrimSpace(location), from)
	if err != nil {
		c.stats.refused.Add(1)
		return nil, fmt.Errorf("upnp: describe: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	header, body, err := c.exchange(ctx, request{method: http.MethodGet, url: u, limit: maxDescriptionBytes})
	if err != nil {
		return nil, fmt.Errorf("upnp: describe: %w", err)
	}
	device, err := parseDescription(body, u)
	if err != nil {
		return nil, fmt.Errorf("upnp: describe %s: %w", u.Host, err)
	}
	device.setServer(OneLine(header.Get("Server")))
	return device, nil
}

// parseDescription reads the document that was fetched from location.
func parseDescription(body []byte, location *url.URL) (*Device, error) {
	var root rootXML
	if err := decodeSalvaged(body, &root, (*rootXML).whole); err != nil {
		return nil, err
	}
	if strings.TrimSpace(root.Device.UDN) == "" {
		return nil, fmt.Errorf("%w: description without UDN", ErrMalformed)
	}
	return newDevice(root.Device, newResolver(location, root.URLBase), &root.Device), nil
}

// newDevice makes the device of x, which is root or embedded in it.
func newDevice(x deviceXML, r resolver, root *deviceXML) *Device {
	d := &Device{
		UDN:          OneLine(x.UDN),
		DeviceType:   OneLine(x.DeviceType),
		FriendlyName: OneLine(x.FriendlyName),
		Manufacturer: OneLine(x.Manufacturer),
		ModelName:    OneLine(x.ModelName),
		ModelNumber:  OneLine(x.ModelNumber),
		SerialNumber: OneLine(x.SerialNumber),
		RoomName:     OneLine(root.RoomName),
		Location:     r.location,

		SoftwareGeneration: OneLine(root.SwGen),
		SoftwareVersion:    OneLine(root.Software),
		DisplayVersion:     OneLine(root.Display),
	}
	for _, s := range x.Services {
		d.Services = append(d.Services, Service{
			Type:    OneLine(s.ServiceType),
			ID:      OneLine(s.ServiceId),
			Control: r.resolve(s.ControlURL.Str),
			Event:   r.resolve(s.EventSubURL.Str),
			SCPD:    r.resolve(s.SCPDURL.Str),
		})
	}
	for _, e := range x.Devices {
		d.Embedded = append(d.Embedded, newDevice(e, r, root))
	}
	return d
}

func (d *Device) setServer(server string) {
	d.Server = server
	for _, e := range d.Embedded {
		e.setServer(server)
	}
}

// OneLine prepares a text of a device for display: it turns every run of white space
// into one blank and cuts the text to 200 runes.
func OneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	n := 0
	for i := range s {
		if n == maxNameRunes {
			return s[:i]
		}
		n++
	}
	return s
}
