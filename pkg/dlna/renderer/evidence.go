package renderer

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// Evidence is what a failed Play says about the device, for who chooses what
// to try next. Whether the device fetched the stream is for the stream to say.
type Evidence uint8

const (
	EvidenceNone        Evidence = iota // success, or we gave up ourselves
	EvidenceUnreachable                 // nothing came back
	EvidenceTimeout                     // it took the request and did not answer in time
	EvidenceRefusedMIME                 // UPnP error 714: not this MIME type
	EvidenceFormat                      // 704: this format is not supported
	EvidenceNotFound                    // 716: it looked for the stream and found none
	EvidenceLocked                      // 705: the transport is locked, 715: the content is busy
	EvidenceNotYet                      // 701: not in this state, 718: no such instance
	EvidenceArguments                   // 402, 600, 601, 711: it does not like what stands in the request
	EvidenceRefused                     // any other UPnP error
	EvidenceMalformed                   // it answered what nobody understands
)

var evidenceNames = [...]string{"none", "unreachable", "timeout", "MIME type refused", "format refused", "stream not found",
	"locked", "not yet", "arguments refused", "refused", "malformed answer"}

// String gives words for people.
func (e Evidence) String() string {
	if int(e) < len(evidenceNames) {
		return evidenceNames[e]
	}
	return fmt.Sprintf("Evidence(%d)", uint8(e))
}

// faultEvidence is what the UPnP errors of AVTransport:1 section 2.4 and UDA
// 1.1 section 3.2.2 say.
var faultEvidence = map[int]Evidence{
	402:             EvidenceArguments, // Invalid Args
	600:             EvidenceArguments, // Argument Value Invalid
	601:             EvidenceArguments, // Argument Value Out of Range
	711:             EvidenceArguments, // Illegal seek target; some say so to a URI
	faultTransition: EvidenceNotYet,
	faultInstance:   EvidenceNotYet,
	faultFormat:     EvidenceFormat,
	faultLocked:     EvidenceLocked,
	faultBusy:       EvidenceLocked,
	faultMIME:       EvidenceRefusedMIME,
	faultNotFound:   EvidenceNotFound,
}

// EvidenceOf sorts the outcome of Play. The UPnP error itself is a *upnp.Fault
// in err.
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
