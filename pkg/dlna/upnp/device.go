package upnp

import (
	"net/url"
	"strings"
)

// A Device is a described device: the root with its Embedded ones.
type Device struct {
	UDN          string // "uuid:..."
	DeviceType   string // "urn:schemas-upnp-org:device:MediaRenderer:1"
	FriendlyName string // one line, at most maxNameRunes
	Manufacturer string
	ModelName    string
	ModelNumber  string
	SerialNumber string
	RoomName     string // Sonos' name of the room; an embedded device has its root's
	// SoftwareGeneration, SoftwareVersion and DisplayVersion are Sonos' swGen ("1",
	// "2") and the version of the firmware, in full, "85.0-64200", and as Sonos shows
	// it to users, "17.2"; an embedded device has its root's.
	SoftwareGeneration string
	SoftwareVersion    string
	DisplayVersion     string
	Server             string // HTTP header SERVER of the description
	Location           *url.URL
	Services           []Service
	Embedded           []*Device
}

// A Service is one service of a Device. URLs are absolute, lead to LOCATION's host,
// and are nil if the description has none.
type Service struct {
	Type    string // "urn:schemas-upnp-org:service:AVTransport:2"
	ID      string // "urn:upnp-org:serviceId:AVTransport"
	Control *url.URL
	Event   *url.URL
	SCPD    *url.URL
}

// Find returns d and those embedded in it, at any depth, whose type begins
// with typePrefix. A prefix that ends in the colon before the version, as
// "urn:schemas-upnp-org:device:MediaRenderer:", finds every version.
func (d *Device) Find(typePrefix string) []*Device {
	var found []*Device
	if hasPrefixFold(d.DeviceType, typePrefix) {
		found = append(found, d)
	}
	for _, e := range d.Embedded {
		found = append(found, e.Find(typePrefix)...)
	}
	return found
}

// Service returns the first service whose type begins with typePrefix: one of
// d itself, else one of those embedded in it. Versions as in Find.
func (d *Device) Service(typePrefix string) (Service, bool) {
	for _, s := range d.Services {
		if hasPrefixFold(s.Type, typePrefix) {
			return s, true
		}
	}
	for _, e := range d.Embedded {
		if s, ok := e.Service(typePrefix); ok {
			return s, true
		}
	}
	return Service{}, false
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
