package upnp

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxChanges bounds the changes in one LastChange; the first event of a real device
// has some 30.
const maxChanges = 512

// Levels of a LastChange: <Event> <InstanceID val="0"> <Volume val="20"/>.
const (
	instanceLevel = 2
	changeLevel   = 3
)

// A Change is one variable of a LastChange (AVTransport:1 and
// RenderingControl:1, section 2.2 of either).
type Change struct {
	Instance string // InstanceID, "0" on most devices
	Name     string // "TransportState", "Volume", ...
	Channel  string // "Master", "LF", "RF"; "" if the variable has none
	Value    string
}

// ParseLastChange reads the value of the property LastChange. Namespaces and the case
// of attribute names are ignored; a value may be in val or in the element's text. If
// the document is cut off or malformed, the changes before that place are returned
// along with the error.
func ParseLastChange(value string) ([]Change, error) {
	text := repairInner(value)
	if len(text) == 0 {
		return nil, nil
	}
	d := newDecoder(text)
	var r changeReader
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return r.changes, nil
		}
		if err != nil {
			return r.changes, fmt.Errorf("upnp: LastChange: %w: %w", ErrMalformed, err)
		}
		r.take(token)
		if r.level > maxDepth || len(r.changes) > maxChanges {
			return r.changes, fmt.Errorf("upnp: LastChange: %w: too deep or too long", ErrMalformed)
		}
	}
}

// A changeReader gathers changes from the tokens of a LastChange.
type changeReader struct {
	changes  []Change
	level    int
	instance string
	wantText bool // the last change had no val
}

func (r *changeReader) take(token xml.Token) {
	switch t := token.(type) {
	case xml.StartElement:
		r.level++
		r.start(t)
	case xml.CharData:
		if last := len(r.changes) - 1; r.wantText && r.level == changeLevel {
			r.changes[last].Value = strings.TrimSpace(string(t))
			r.wantText = r.changes[last].Value == ""
		}
	case xml.EndElement:
		r.level--
	}
}

func (r *changeReader) start(t xml.StartElement) {
	switch r.level {
	case instanceLevel:
		r.instance, _ = attribute(t, "val")
	case changeLevel:
		channel, _ := attribute(t, "channel")
		value, ok := attribute(t, "val")
		r.wantText = !ok
		r.changes = append(r.changes, Change{Instance: r.instance, Name: t.Name.Local, Channel: channel, Value: value})
	}
}

// attribute finds an attribute by its local name in any letter case.
func attribute(t xml.StartElement, name string) (string, bool) {
	for _, a := range t.Attr {
		if strings.EqualFold(a.Name.Local, name) {
			return strings.TrimSpace(a.Value), true
		}
	}
	return "", false
}
