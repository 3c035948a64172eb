package speaker

import (
	"embed"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// The service descriptions are what this device serves and what it goes by:
// the argument lists of its answers are read from them.
//
//go:embed xml/*.xml
var descriptions embed.FS

const maxCallBytes = 64 << 10

// A handler carries out one action. It gives the values of the out arguments
// in the order of the service description.
type handler func(in map[string]string) (out []string, f *fault)

// A service is one of those that make a renderer.
type service struct {
	name     string // "AVTransport"
	domain   string // "schemas-upnp-org"
	version  int
	quirks   Quirks
	scpd     []byte
	actions  map[string]signature
	handlers map[string]handler
	events   *publisher
	log      func(call, *fault)
}

// A signature is an action's argument names in their order.
type signature struct{ in, out []string }

// A part is what a service is made of.
type part struct {
	name     string // also of the description's file
	domain   string // who specifies it
	version  int
	handlers map[string]handler
	events   *publisher
}

func newService(p part, q Quirks, log func(call, *fault)) (*service, error) {
	scpd, err := descriptions.ReadFile("xml/" + p.name + ".xml")
	if err != nil {
		return nil, fmt.Errorf("speaker: %w", err)
	}
	scpd = q.amend(scpd)
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
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallBytes))
	if err != nil {
		http.Error(w, "request too long or cut off", http.StatusBadRequest)
		return
	}
	c, err := parseCall(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	header := fmt.Sprintf("%q", c.serviceType+"#"+c.action)
	if got := r.Header.Get("SOAPACTION"); got != header {
		http.Error(w, fmt.Sprintf("SOAPACTION %s does not name %s", got, header), http.StatusBadRequest)
		return
	}
	out, f := s.call(c)
	s.log(c, f)
	w.Header().Set("Content-Type", `text/xml; charset="utf-8"`)
	w.Header()["EXT"] = []string{""}
	w.Header().Set("Server", serverName)
	status, message := http.StatusOK, answer(c, out)
	if f != nil {
		status, message = http.StatusInternalServerError, refusal(f)
	}
	s.quirks.answerTo(c.action).deliver(w, r, status, s.quirks.write(message), s.quirks.AnswerDelay)
}

func (s *service) call(c call) ([]Argument, *fault) {
	sig, known := s.actions[c.action]
	if !known || c.serviceType != s.serviceType() {
		return nil, errInvalidAction
	}
	in := make(map[string]string, len(c.args))
	for _, a := range c.args {
		in[a.Name] = a.Value
	}
	for _, name := range sig.in {
		if _, given := in[name]; !given {
			return nil, errInvalidArgs
		}
	}
	values, f := s.handlers[c.action](in)
	if f != nil {
		return nil, f
	}
	out := make([]Argument, len(sig.out))
	for i, name := range sig.out {
		out[i] = Argument{Name: name, Value: values[i]}
	}
	return out, nil
}
