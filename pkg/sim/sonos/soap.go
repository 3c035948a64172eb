package sonos

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const (
	maxCallBytes = 64 << 10
	contentType  = `text/xml; charset="utf-8"`
)

// UPnP errors that players answer with.
var (
	errInvalidAction  = &fault{401, "Invalid Action"}
	errInvalidArgs    = &fault{402, "Invalid Args"}
	errActionFailed   = &fault{501, "Action Failed"}
	errTransition     = &fault{701, "Transition not available"}
	errNotCoordinator = &fault{800, "Not coordinator"}
)

// A fault is what an action answers when it fails.
type fault struct {
	code int
	text string
}

// A call is the action inside a SOAP request.
type call struct {
	service string // namespace of the action
	action  string
	in      map[string]string
}

// An argument is one that an action answers with.
type argument struct{ name, value string }

// A handler carries out one action.
type handler func(r *http.Request, in map[string]string) ([]argument, *fault)

// parseCall reads a SOAP 1.1 request.
func parseCall(body []byte) (call, error) {
	var envelope struct {
		Body struct {
			Action struct {
				XMLName xml.Name
				Args    []struct {
					XMLName xml.Name
					Value   string `xml:",chardata"`
				} `xml:",any"`
			} `xml:",any"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	if err := xml.Unmarshal(body, &envelope); err != nil {
		return call{}, fmt.Errorf("soap: %w", err)
	}
	action := envelope.Body.Action
	c := call{service: action.XMLName.Space, action: action.XMLName.Local, in: make(map[string]string)}
	for _, a := range action.Args {
		c.in[a.XMLName.Local] = a.Value
	}
	return c, nil
}

// serveActions answers calls by actions; what it does not have is passed to
// otherwise, which may be nil.
func serveActions(actions map[string]handler, otherwise func(w http.ResponseWriter, r *http.Request, body []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
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
		handle, known := actions[c.action]
		switch {
		case known:
			out, f := handle(r, c.in)
			if out == nil && f == errPass {
				otherwise(w, r, body)
				return
			}
			answer(w, c, out, f)
		case otherwise != nil:
			otherwise(w, r, body)
		default:
			answer(w, c, nil, errInvalidAction)
		}
	}
}

// errPass says that an action is for the inner speaker to carry out.
var errPass = &fault{}

func answer(w http.ResponseWriter, c call, out []argument, f *fault) {
	var b strings.Builder
	b.WriteString(xml.Header + `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"` +
		` s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>`)
	status := http.StatusOK
	if f != nil {
		status = http.StatusInternalServerError
		// Real players leave the description out.
		fmt.Fprintf(&b, `<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>`+
			`<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>%d</errorCode></UPnPError></detail></s:Fault>`, f.code)
	} else {
		fmt.Fprintf(&b, `<u:%sResponse xmlns:u="%s">`, c.action, escape(c.service))
		for _, a := range out {
			fmt.Fprintf(&b, "<%s>%s</%s>", a.name, escape(a.value), a.name)
		}
		fmt.Fprintf(&b, "</u:%sResponse>", c.action)
	}
	b.WriteString(`</s:Body></s:Envelope>`)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Server", serverName)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, b.String()) // a caller that is gone needs no answer
}
