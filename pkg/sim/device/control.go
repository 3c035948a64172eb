// Package device is what simulated UPnP devices have in common: the answering
// side of control and eventing (UPnP Device Architecture 1.0, sections 3 and 4).
//
// Control reads SOAP calls and writes their answers; an Eventing takes
// subscriptions and delivers what Publishers have to tell. What a device's
// actions do, which of them there are and what is odd about it stay with the
// device, and so do discovery and description.
package device

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// ContentType is that of all that control and eventing send.
const ContentType = `text/xml; charset="utf-8"`

const (
	maxCallBytes  = 64 << 10
	maxArguments  = 32
	envelopeSpace = "http://schemas.xmlsoap.org/soap/envelope/"
	envelopeHead  = xml.Header + `<s:Envelope xmlns:s="` + envelopeSpace +
		`" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>`
	envelopeTail = `</s:Body></s:Envelope>`
)

// UPnP errors that every device has (UDA 1.0 table 3-3).
var (
	ErrInvalidAction = &Fault{401, "Invalid Action"}
	ErrInvalidArgs   = &Fault{402, "Invalid Args"}
	ErrActionFailed  = &Fault{501, "Action Failed"}
)

// A Fault is what an action answers when it fails.
type Fault struct {
	Code int
	Text string // empty: not told
}

// Error gives code and text.
func (f *Fault) Error() string { return fmt.Sprintf("%d %s", f.Code, f.Text) }

// An Argument is one argument of an action, in the order of the message.
type Argument struct{ Name, Value string }

// A Call is the action inside a SOAP request.
type Call struct {
	ServiceType string // namespace of the action
	Action      string
	Args        []Argument
}

// In gives the arguments by name.
func (c Call) In() map[string]string {
	in := make(map[string]string, len(c.Args))
	for _, a := range c.Args {
		in[a.Name] = a.Value
	}
	return in
}

// ReadCall reads the call of a request, and gives the message as it came, too.
// An error was answered with 400.
func ReadCall(w http.ResponseWriter, r *http.Request) (c Call, message []byte, err error) {
	message, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallBytes))
	if err != nil {
		http.Error(w, "request too long or cut off", http.StatusBadRequest)
		return Call{}, nil, fmt.Errorf("soap: read call: %w", err)
	}
	if c, err = ParseCall(message); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
	return c, message, err
}

// ParseCall reads a SOAP 1.1 request: <Envelope><Body><u:Action><Arg>...
func ParseCall(message []byte) (Call, error) {
	d := xml.NewDecoder(bytes.NewReader(message))
	for _, name := range []string{"Envelope", "Body"} {
		start, err := nextStart(d)
		if err != nil {
			return Call{}, err
		}
		if start.Name.Space != envelopeSpace || start.Name.Local != name {
			return Call{}, fmt.Errorf("soap: %q where %s belongs", start.Name.Local, name)
		}
	}
	start, err := nextStart(d)
	if err != nil {
		return Call{}, err
	}
	var inner struct {
		Args []struct {
			XMLName xml.Name
			Value   string `xml:",chardata"`
		} `xml:",any"`
	}
	if err := d.DecodeElement(&inner, &start); err != nil {
		return Call{}, fmt.Errorf("soap: read action: %w", err)
	}
	if len(inner.Args) > maxArguments {
		return Call{}, fmt.Errorf("soap: %d arguments", len(inner.Args))
	}
	c := Call{ServiceType: start.Name.Space, Action: start.Name.Local}
	for _, a := range inner.Args {
		c.Args = append(c.Args, Argument{Name: a.XMLName.Local, Value: a.Value})
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

// Outcome is the SOAP message that answers c, and its HTTP status: what the
// action gives, or its fault if that is not nil.
func Outcome(c Call, out []Argument, f *Fault) (status int, message []byte) {
	if f != nil {
		return http.StatusInternalServerError, refusal(f)
	}
	return http.StatusOK, answer(c, out)
}

// answer is the message for an action that worked.
func answer(c Call, out []Argument) []byte {
	var b bytes.Buffer
	b.WriteString(envelopeHead)
	fmt.Fprintf(&b, `<u:%sResponse xmlns:u="%s">`, c.Action, Escape(c.ServiceType))
	for _, a := range out {
		fmt.Fprintf(&b, "<%s>%s</%s>", a.Name, Escape(a.Value), a.Name)
	}
	fmt.Fprintf(&b, "</u:%sResponse>", c.Action)
	b.WriteString(envelopeTail)
	return b.Bytes()
}

// refusal is the message for an action that did not (UDA 1.0 section 3.2.2).
func refusal(f *Fault) []byte {
	description := ""
	if f.Text != "" {
		description = "<errorDescription>" + Escape(f.Text) + "</errorDescription>"
	}
	return fmt.Appendf(nil, "%s<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>"+
		`<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>%d</errorCode>%s</UPnPError>`+
		"</detail></s:Fault>%s", envelopeHead, f.Code, description, envelopeTail)
}

// Escape makes s fit for XML text and attributes.
func Escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes every write
	return b.String()
}
