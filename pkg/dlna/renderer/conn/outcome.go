package conn

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// ErrUnsupported is returned for a service or action that the device does not offer.
var ErrUnsupported = errors.New("not offered by the renderer")

// Answered reports whether err, the outcome of a request, means that the device
// answered: success, a UPnP error, or a malformed answer.
func Answered(err error) bool {
	return err == nil || IsFault(err) || errors.Is(err, upnp.ErrMalformed)
}

// Unreachable reports whether err means that the device sent nothing at all.
func Unreachable(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.Canceled)
}

// IsFault reports whether err is a UPnP error, of one of these codes if any
// are given.
func IsFault(err error, codes ...int) bool {
	var fault *upnp.Fault
	if !errors.As(err, &fault) {
		return false
	}
	for _, code := range codes {
		if fault.Code == code {
			return true
		}
	}
	return len(codes) == 0
}
