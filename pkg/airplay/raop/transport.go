package raop

import (
	"errors"
	"fmt"
	"strings"
)

// errTransport says that a SETUP asks for a transport that we do not have.
var errTransport = errors.New("raop: unsupported transport")

const maxTransportBytes = 1024

// A transport is what a SETUP settles: the sender's ports in its request, ours
// in the answer.
type transport struct {
	server, control, timing uint16 // server: 0 in a request
}

// parseTransport reads the Transport header of a request. Only UDP is offered,
// and only senders with a control and a timing port are served: those without
// (iTunes before 2010) could neither be asked again nor timed.
func parseTransport(header string) (transport, error) {
	if len(header) > maxTransportBytes {
		return transport{}, fmt.Errorf("%w: Transport of %d bytes", ErrMalformed, len(header))
	}
	protocol, parameters, _ := strings.Cut(header, ";")
	if protocol = strings.TrimSpace(protocol); !strings.EqualFold(protocol, "RTP/AVP/UDP") {
		return transport{}, fmt.Errorf("%w: %q, want RTP/AVP/UDP", errTransport, protocol)
	}
	var t transport
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		var err error
		switch strings.ToLower(name) {
		case "control_port":
			t.control, err = parse16(value)
		case "timing_port":
			t.timing, err = parse16(value)
		}
		if err != nil {
			return transport{}, fmt.Errorf("%w: Transport: %s: %w", ErrMalformed, name, err)
		}
	}
	if t.control == 0 || t.timing == 0 {
		return transport{}, fmt.Errorf("%w: without control_port and timing_port", errTransport)
	}
	return t, nil
}

// String is the Transport header of the answer. OwnTone wants this beginning
// to the letter.
func (t transport) String() string {
	return fmt.Sprintf("RTP/AVP/UDP;unicast;interleaved=0-1;mode=record;server_port=%d;control_port=%d;timing_port=%d",
		t.server, t.control, t.timing)
}
