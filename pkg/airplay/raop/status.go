package raop

import (
	"errors"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

// ErrMalformed is the sentinel of everything that a sender got wrong.
var ErrMalformed = errors.New("raop: malformed")

var (
	errUnauthorized = errors.New("raop: no password")
	errPassword     = errors.New("raop: wrong password")
	errBusy         = errors.New("raop: another sender plays")
	errState        = errors.New("raop: not in this state")
	errNotFound     = errors.New("raop: no such path")
	errMethod       = errors.New("raop: no such method")
	errCodec        = errors.New("raop: unsupported codec")
	errEncryption   = errors.New("raop: unsupported encryption")
	errTransport    = errors.New("raop: unsupported transport")
)

// statuses are the RTSP status for each kind of failure.
var statuses = []struct {
	failure error
	status  int
}{
	{errUnauthorized, rtsp.StatusUnauthorized},
	{errPassword, rtsp.StatusUnauthorized},
	{ErrMalformed, rtsp.StatusBadRequest},
	{errNotFound, rtsp.StatusNotFound},
	{errCodec, rtsp.StatusUnsupportedMediaType},
	{errBusy, rtsp.StatusNotEnoughBandwidth},
	{errState, rtsp.StatusMethodNotValidInState},
	{errEncryption, rtsp.StatusHeaderFieldNotValid},
	{errTransport, rtsp.StatusUnsupportedTransport},
	{errMethod, rtsp.StatusNotImplemented},
}

func statusOf(err error) int {
	for _, s := range statuses {
		if errors.Is(err, s.failure) {
			return s.status
		}
	}
	return rtsp.StatusInternalServerError
}
