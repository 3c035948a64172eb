package upnp

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// The body of a NOTIFY (UDA 1.1 section 4.3.2).
type propertySetXML struct {
	Properties []struct {
		Variables []struct {
			XMLName xml.Name
			Text    string `xml:",chardata"`
			Inner   string `xml:",innerxml"`
		} `xml:",any"`
	} `xml:"property"`
}

// ParseProperties reads the body of a NOTIFY: the changed variables by name,
// none if the set is empty.
func ParseProperties(body []byte) (map[string]string, error) {
	var set propertySetXML
	if err := decode(body, &set); err != nil {
		return nil, fmt.Errorf("upnp: event: %w", err)
	}
	properties := make(map[string]string)
	for _, p := range set.Properties {
		for _, v := range p.Variables {
			value := strings.TrimSpace(v.Text)
			if value == "" {
				// A LastChange whose XML the device forgot to escape.
				value = strings.TrimSpace(v.Inner)
			}
			properties[v.XMLName.Local] = value
		}
	}
	return properties, nil
}

// ParseBool reads a boolean (UDA 1.1 section 2.5: "1", "true" or "yes"); anything
// else is false.
func ParseBool(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "1", "true", "yes":
		return true
	}
	return false
}
