package upnp

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

const envelopeNamespace = "http://schemas.xmlsoap.org/soap/envelope/"

// canonicalEnvelope rewrites a SOAP answer so that goupnp's strict reader accepts it:
// repaired, one namespace whatever the device declared, local names, no attributes.
// Arguments are text, so no information is lost.
func canonicalEnvelope(document []byte) ([]byte, error) {
	text := repair(document)
	if err := checkShape(text); err != nil {
		return nil, err
	}
	d := newDecoder(text)
	var out bytes.Buffer
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out.Bytes(), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		if start, ok := token.(xml.StartElement); ok && out.Len() == 0 {
			if start.Name.Local != "Envelope" {
				return nil, fmt.Errorf("%w: <%.40s> where a SOAP envelope should be", ErrMalformed, start.Name.Local)
			}
			out.WriteString(`<Envelope xmlns="` + envelopeNamespace + `">`)
			continue
		}
		if out.Len() > 0 {
			writeToken(&out, token)
		}
	}
}

func writeToken(out *bytes.Buffer, token xml.Token) {
	switch t := token.(type) {
	case xml.StartElement:
		out.WriteString("<" + plainName(t.Name) + ">")
	case xml.EndElement:
		out.WriteString("</" + plainName(t.Name) + ">")
	case xml.CharData:
		// Writing to a bytes.Buffer cannot fail.
		_ = xml.EscapeText(out, t)
	}
}

// plainName is the local name, changed if it is not valid without its prefix: "u:3" is
// a valid name, "3" is not.
func plainName(name xml.Name) string {
	first := name.Local[0] | 0x20
	if first >= 'a' && first <= 'z' || name.Local[0] == '_' {
		return name.Local
	}
	return "_" + name.Local
}
