package speaker

import (
	"embed"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

// The service descriptions are what this device serves and what it goes by:
// the argument lists of its answers are read from them.
//
//go:embed xml/*.xml
var descriptions embed.FS

// A handler carries out one action. It gives the values of the out arguments
// in the order of the service description.
type handler func(in map[string]string) (out []string, f *device.Fault)

// A service is one of those that make a renderer.
type service struct {
	name     string // "AVTransport"
	domain   string // "schemas-upnp-org"
	version  int
	quirks   Quirks
	scpd     []byte
	actions  map[string]signature
	handlers map[string]handler
	events   *device.Publisher
	log      func(device.Call, *device.Fault)
}

// A signature is an action's argument names in their order.
type signature struct{ in, out []string }

// A part is what a service is made of.
type part struct {
	name     string // also of the description's file
	domain   string // who specifies it
	version  int
	handlers map[string]handler
	events   *device.Publisher
}

func newService(p part, q Quirks, log func(device.Call, *device.Fault)) (*service, error) {
	scpd, err := descriptions.ReadFile("xml/" + p.name + ".xml")
	if err != nil {
		return nil, fmt.Errorf("speaker: %w", err)
	}
	scpd = q.adaptSCPD(scpd)
	actions, err := parseSCPD(scpd)
	if err != nil {
		return nil, fmt.Errorf("speaker: description of %s: %w", p.name, err)
	}
	return &service{
		name: p.name, domain: p.domain, version: p.version, quirks: q,
		scpd: scpd, actions: actions, handlers: p.handlers, events: p.events, log: log,
	}, nil
}

func (s *service) serviceType() string {
	return fmt.Sprintf("urn:%s:service:%s:%d", s.domain, s.name, s.version)
}

func (s *service) serviceID() string {
	return "urn:" + strings.TrimPrefix(s.domain, "schemas-") + ":serviceId:" + s.name
}

// path is where the service's parts live: "scpd.xml", "control", "event".
func (s *service) path(part string) string { return "/" + s.name + "/" + part }

func parseSCPD(scpd []byte) (map[string]signature, error) {
	var doc struct {
		Actions []struct {
			Name string `xml:"name"`
			Args []struct {
				Name      string `xml:"name"`
				Direction string `xml:"direction"`
			} `xml:"argumentList>argument"`
		} `xml:"actionList>action"`
	}
	if err := xml.Unmarshal(scpd, &doc); err != nil {
		return nil, err
	}
	actions := make(map[string]signature)
	for _, a := range doc.Actions {
		var sig signature
		for _, arg := range a.Args {
			if arg.Direction == "in" {
				sig.in = append(sig.in, arg.Name)
			} else {
				sig.out = append(sig.out, arg.Name)
			}
		}
		actions[a.Name] = sig
	}
	return actions, nil
}

// serveControl answers a SOAP call (UDA 1.0 section 3.2).
func (s *service) serveControl(w http.ResponseWriter, r *http.Request) {
	c, _, err := device.ReadCall(w, r)
	if err != nil {
		return
	}
	header := fmt.Sprintf("%q", c.ServiceType+"#"+c.Action)
	if got := r.Header.Get("SOAPACTION"); got != header {
		http.Error(w, fmt.Sprintf("SOAPACTION %s does not name %s", got, header), http.StatusBadRequest)
		return
	}
	out, f := s.call(c)
	s.log(c, f)
	w.Header().Set("Content-Type", device.ContentType)
	w.Header()["EXT"] = []string{""}
	w.Header().Set("Server", serverName)
	status, message := device.Outcome(c, out, f)
	s.quirks.answerTo(c.Action).deliver(w, r, status, s.quirks.encodeXML(message), s.quirks.AnswerDelay)
}

func (s *service) call(c device.Call) ([]device.Argument, *device.Fault) {
	sig, known := s.actions[c.Action]
	if !known || c.ServiceType != s.serviceType() {
		return nil, device.ErrInvalidAction
	}
	in := c.In()
	for _, name := range sig.in {
		if _, given := in[name]; !given {
			return nil, device.ErrInvalidArgs
		}
	}
	values, f := s.handlers[c.Action](in)
	if f != nil {
		return nil, f
	}
	out := make([]device.Argument, len(sig.out))
	for i, name := range sig.out {
		out[i] = device.Argument{Name: name, Value: values[i]}
	}
	return out, nil
}
