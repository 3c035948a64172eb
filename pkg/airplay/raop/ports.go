package raop

import (
	"fmt"
	"strings"
)

const maxTransportBytes = 1024

// udpPorts are the ports in a Transport header: the sender's in its SETUP, ours
// in the answer.
type udpPorts struct {
	server, control, timing uint16 // server: 0 in a request
}

// parseTransport reads the Transport header of a request. Only UDP is offered,
// and only senders with a control and a timing port are served: those without
// (iTunes before 2010) could neither resend packets nor answer timing requests.
func parseTransport(header string) (udpPorts, error) {
	if len(header) > maxTransportBytes {
		return udpPorts{}, fmt.Errorf("%w: Transport of %d bytes", ErrMalformed, len(header))
	}
	protocol, parameters, _ := strings.Cut(header, ";")
	if protocol = strings.TrimSpace(protocol); !strings.EqualFold(protocol, "RTP/AVP/UDP") {
		return udpPorts{}, fmt.Errorf("%w: %q, want RTP/AVP/UDP", errTransport, protocol)
	}
	var p udpPorts
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		var err error
		switch strings.ToLower(name) {
		case "control_port":
			p.control, err = parse16(value)
		case "timing_port":
			p.timing, err = parse16(value)
		}
		if err != nil {
			return udpPorts{}, fmt.Errorf("%w: Transport: %s: %w", ErrMalformed, name, err)
		}
	}
	if p.control == 0 || p.timing == 0 {
		return udpPorts{}, fmt.Errorf("%w: without control_port and timing_port", errTransport)
	}
	return p, nil
}

// String is the Transport header of the answer. OwnTone wants this beginning
// to the letter.
func (p udpPorts) String() string {
	return fmt.Sprintf("RTP/AVP/UDP;unicast;interleaved=0-1;mode=record;server_port=%d;control_port=%d;timing_port=%d",
		p.server, p.control, p.timing)
}
