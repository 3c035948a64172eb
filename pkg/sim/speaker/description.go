package speaker

import (
	"cmp"
	"encoding/xml"
	"fmt"
)

// descriptionXML is the device description (UDA 1.0 section 2.1).
type descriptionXML struct {
	XMLName xml.Name  `xml:"urn:schemas-upnp-org:device-1-0 root"`
	Major   int       `xml:"specVersion>major"`
	Minor   int       `xml:"specVersion>minor"`
	Device  deviceXML `xml:"device"`
}

type deviceXML struct {
	DeviceType   string       `xml:"deviceType"`
	FriendlyName string       `xml:"friendlyName"`
	Manufacturer string       `xml:"manufacturer"`
	ModelName    string       `xml:"modelName"`
	ModelNumber  string       `xml:"modelNumber"`
	UDN          string       `xml:"UDN"`
	Services     []serviceXML `xml:"serviceList>service"`
}

type serviceXML struct {
	Type    string `xml:"serviceType"`
	ID      string `xml:"serviceId"`
	SCPD    string `xml:"SCPDURL"`
	Control string `xml:"controlURL"`
	Event   string `xml:"eventSubURL"`
}

func describe(o Options, services []*service) ([]byte, error) {
	d := descriptionXML{
		Major: 1,
		Device: deviceXML{
			DeviceType:   o.Quirks.deviceType(),
			FriendlyName: o.Name,
			Manufacturer: cmp.Or(o.Quirks.Manufacturer, "Breezeway"),
			ModelName:    cmp.Or(o.Quirks.ModelName, "Breezeway software speaker"),
			ModelNumber:  "1",
			UDN:          o.UDN,
		},
	}
	for _, s := range services {
		d.Device.Services = append(d.Device.Services, serviceXML{
			Type: s.serviceType(), ID: s.serviceID(),
			SCPD: s.path("scpd.xml"), Control: s.path("control"), Event: s.path("event"),
		})
	}
	body, err := xml.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("speaker: describe: %w", err)
	}
	return o.Quirks.encodeXML(append([]byte(xml.Header), body...)), nil
}
