package upnp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/huin/goupnp/soap"
)

// A Fault is a UPnP error in the answer to an action (UDA 1.1 section 3.2.2), such as
// 701 "Transition not available".
type Fault struct {
	Code        int // 0 if the answer has none
	Description string
}

func (f *Fault) Error() string {
	return fmt.Sprintf("UPnP error %d %s", f.Code, f.Description)
}

// Call performs one action of svc. in and out are (pointers to) structs of string
// fields, those of in in the order of the SCPD; a field has the name of its argument
// or a tag: `soap:"Name"` in in, `xml:"Name"` in out. Either may be nil. Arguments
// that are missing in the answer stay empty. A device's refusal is a *Fault.
func (c *Client) Call(ctx context.Context, svc Service, action string, in, out any) error {
	if svc.Control == nil {
		return fmt.Errorf("upnp: %s: %w: service without control URL", action, ErrMalformed)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	wire := &soapTransport{next: c.http.Transport, stats: &c.stats, mayBeEmpty: out == nil}
	client := soap.SOAPClient{EndpointURL: *svc.Control, HTTPClient: *c.httpClient(wire)}
	err := client.PerformActionCtx(ctx, svc.Type, action, in, out)
	if err == nil {
		return nil
	}
	return fmt.Errorf("upnp: %s: %w", action, c.callError(wire, err))
}

// callError finds the cause of a failed call. goupnp includes causes only as text, so
// the transport stores its error.
func (c *Client) callError(wire *soapTransport, err error) error {
	var fault *soap.SOAPFaultError
	switch {
	case wire.err != nil:
		return wire.err
	case errors.As(err, &fault):
		c.stats.faults.Add(1)
		return newFault(fault)
	case wire.status != http.StatusOK:
		return &statusError{wire.status}
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}

func newFault(f *soap.SOAPFaultError) *Fault {
	e := f.Detail.UPnPError
	description := OneLine(e.ErrorDescription)
	if description == "" {
		description = OneLine(f.FaultString)
	}
	return &Fault{Code: e.Errorcode, Description: description}
}

// emptyAnswer stands for the body of a success that came without one.
const emptyAnswer = `<Envelope><Body><Response/></Body></Envelope>`

// A soapTransport connects goupnp with the guard for one call: it rewrites the answer
// into the only form that goupnp understands.
type soapTransport struct {
	next       http.RoundTripper
	stats      *counters
	mayBeEmpty bool // the action has no arguments to answer
	status     int
	err        error
}

func (t *soapTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.roundTrip(req)
	t.err = err
	return resp, err
}

func (t *soapTransport) roundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 == 2 {
		resp.StatusCode = http.StatusOK // goupnp takes no other for success
	}
	t.status = resp.StatusCode
	body, err := readLimited(resp.Body, maxSOAPBytes)
	if err != nil {
		t.stats.failed.Add(1)
		return nil, err
	}
	if t.mayBeEmpty && t.status == http.StatusOK && len(trim(body)) == 0 {
		body = []byte(emptyAnswer)
	}
	envelope, err := canonicalEnvelope(body)
	if err != nil && resp.StatusCode == http.StatusOK {
		return nil, err
	}
	// An error status may come with any body, such as a page of HTML: then the
	// envelope is empty, and the status is the error.
	resp.Body = io.NopCloser(bytes.NewReader(envelope))
	resp.ContentLength = int64(len(envelope))
	return resp, nil
}
