package renderer

import (
	"context"
	"errors"
	"net"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

//go:generate go tool stringer -type=Evidence -linecomment

// Evidence is the kind of failure of a Play, for the choice of the next attempt; none
// also if we cancelled it ourselves. Whether the device fetched the stream is known to
// the stream.
type Evidence uint8

const (
	EvidenceNone        Evidence = iota // none
	EvidenceUnreachable                 // unreachable
	EvidenceTimeout                     // timeout
	EvidenceRefusedMIME                 // MIME type refused
	EvidenceFormat                      // format refused
	EvidenceNotFound                    // stream not found
	EvidenceLocked                      // locked
	EvidenceNotYet                      // not yet
	EvidenceArguments                   // arguments refused
	EvidenceRefused                     // refused
	EvidenceMalformed                   // malformed answer
)

// faultEvidence is the meaning of the UPnP errors of AVTransport:1 section 2.4 and UDA
// 1.1 section 3.2.2.
var faultEvidence = map[int]Evidence{
	402:                       EvidenceArguments, // Invalid Args
	600:                       EvidenceArguments, // Argument Value Invalid
	601:                       EvidenceArguments, // Argument Value Out of Range
	711:                       EvidenceArguments, // Illegal seek target; some answer this to a URI
	transport.FaultTransition: EvidenceNotYet,
	transport.FaultInstance:   EvidenceNotYet,
	transport.FaultFormat:     EvidenceFormat,
	transport.FaultLocked:     EvidenceLocked,
	transport.FaultBusy:       EvidenceLocked,
	transport.FaultMIME:       EvidenceRefusedMIME,
	transport.FaultNotFound:   EvidenceNotFound,
}

// EvidenceOf classifies the error of Play. The UPnP error itself is a *upnp.Fault in
// err.
func EvidenceOf(err error) Evidence {
	var fault *upnp.Fault
	var network net.Error
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return EvidenceNone
	case errors.As(err, &fault):
		if e, ok := faultEvidence[fault.Code]; ok {
			return e
		}
		return EvidenceRefused
	case errors.Is(err, upnp.ErrMalformed):
		return EvidenceMalformed
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return EvidenceTimeout
	}
	return EvidenceUnreachable
}
