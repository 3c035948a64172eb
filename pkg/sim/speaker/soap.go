package speaker

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// UPnP error codes (UDA 1.0 table 3-3, AVTransport:1 table 21,
// RenderingControl:1 table 11, ConnectionManager:1 table 8).
var (
	errInvalidAction = &fault{401, "Invalid Action"}
	errInvalidArgs   = &fault{402, "Invalid Args"}
	errTransition    = &fault{701, "Transition not available"}
	errPreset        = &fault{701, "Invalid Name"}
	errConnection    = &fault{706, "Invalid connection reference"}
	errSeekMode      = &fault{710, "Seek mode not supported"}
	errSeekTarget    = &fault{711, "Illegal seek target"}
	errActionFailed  = &fault{501, "Action Failed"}
	errLocked        = &fault{705, "Transport is locked"}
	errMIMEType      = &fault{714, "Illegal MIME-Type"}
	errResource      = &fault{716, "Resource not found"}
	errPlaySpeed     = &fault{717, "Play speed not supported"}
	errAVTInstance   = &fault{718, "Invalid InstanceID"}
	errRCSInstance   = &fault{702, "Invalid InstanceID"}
)

// A fault is what an action answers when it fails.
type fault struct {
	code int
	text string
}

func (f *fault) Error() string { return fmt.Sprintf("%d %s", f.code, f.text) }

// An Argument is one argument of an action, in the order of the message.
type Argument struct{ Name, Value string }

// A call is the action inside a SOAP request.
type call struct {
	serviceType string // namespace of the action
	action      string
	args        []Argument
}

const (
	envelopeSpace = "http://schemas.xmlsoap.org/soap/envelope/"
	maxArguments  = 32
)

// parseCall reads a SOAP 1.1 request: <Envelope><Body><u:Action><Arg>...
func parseCall(body []byte) (call, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	for _, name := range []string{"Envelope", "Body"} {
		start, err := nextStart(d)
		if err != nil {
			return call{}, err
		}
		if start.Name.Space != envelopeSpace || start.Name.Local != name {
			return call{}, fmt.Errorf("soap: %q where %s belongs", start.Name.Local, name)
		}
	}
	start, err := nextStart(d)
	if err != nil {
		return call{}, err
	}
	var inner struct {
		Args []struct {
			XMLName xml.Name
			Value   string `xml:",chardata"`
		} `xml:",any"`
	}
	if err := d.DecodeElement(&inner, &start); err != nil {
		return call{}, fmt.Errorf("soap: read action: %w", err)
	}
	if len(inner.Args) > maxArguments {
		return call{}, fmt.Errorf("soap: %d arguments", len(inner.Args))
	}
	c := call{serviceType: start.Name.Space, action: start.Name.Local}
	for _, a := range inner.Args {
		c.args = append(c.args, Argument{Name: a.XMLName.Local, Value: a.Value})
	}
	return c, nil
}

// nextStart gives the next element, whatever stands before it.
func nextStart(d *xml.Decoder) (xml.StartElement, error) {
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return xml.StartElement{}, errors.New("soap: no action in the message")
		}
		if err != nil {
			return xml.StartElement{}, fmt.Errorf("soap: %w", err)
		}
		if start, ok := token.(xml.StartElement); ok {
			return start, nil
		}
	}
}

const (
	envelopeHead = xml.Header + `<s:Envelope xmlns:s="` + envelopeSpace +
		`" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>`
	envelopeTail = `</s:Body></s:Envelope>`
)

// answer is the SOAP message for an action that worked.
func answer(c call, out []Argument) []byte {
	var b strings.Builder
	b.WriteString(envelopeHead)
	fmt.Fprintf(&b, `<u:%sResponse xmlns:u="%s">`, c.action, escape(c.serviceType))
	for _, a := range out {
		fmt.Fprintf(&b, "<%s>%s</%s>", a.Name, escape(a.Value), a.Name)
	}
	fmt.Fprintf(&b, "</u:%sResponse>", c.action)
	b.WriteString(envelopeTail)
	return []byte(b.String())
}

// refusal is the SOAP message for an action that did not (UDA 1.0 section 3.2.2).
func refusal(f *fault) []byte {
	return fmt.Appendf(nil, "%s<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>"+
		`<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>%d</errorCode><errorDescription>%s</errorDescription></UPnPError>`+
		"</detail></s:Fault>%s", envelopeHead, f.code, escape(f.text), envelopeTail)
}

// escape makes s fit for XML text and attributes.
func escape(s string) string {
	var b strings.Builder
	// A strings.Builder takes every write.
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
