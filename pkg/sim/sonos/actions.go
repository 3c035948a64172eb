package sonos

import (
	"net/http"
	"slices"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

// UPnP errors of players, which leave the description out.
var (
	errInvalidAction  = &device.Fault{Code: device.ErrInvalidAction.Code}
	errInvalidArgs    = &device.Fault{Code: device.ErrInvalidArgs.Code}
	errActionFailed   = &device.Fault{Code: device.ErrActionFailed.Code}
	errTransition     = &device.Fault{Code: 701} // Transition not available
	errNotCoordinator = &device.Fault{Code: 800}
)

// errPassOn says that the inner speaker has to carry out the action.
var errPassOn = &device.Fault{}

// A handler carries out one action.
type handler func(r *http.Request, in map[string]string) ([]device.Argument, *device.Fault)

// arguments gives out arguments from names and values in turn.
func arguments(pairs ...string) []device.Argument {
	var out []device.Argument
	for pair := range slices.Chunk(pairs, 2) {
		out = append(out, device.Argument{Name: pair[0], Value: pair[1]})
	}
	return out
}

// serveActions answers calls by actions; what it does not have is passed to
// otherwise, which may be nil.
func serveActions(actions map[string]handler, otherwise func(w http.ResponseWriter, r *http.Request, body []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, body, err := device.ReadCall(w, r)
		if err != nil {
			return
		}
		handle, known := actions[c.Action]
		var out []device.Argument
		f := errPassOn
		if known {
			out, f = handle(r, c.In())
		}
		switch {
		case f != errPassOn:
			answer(w, c, out, f)
		case otherwise != nil:
			otherwise(w, r, body)
		default:
			answer(w, c, nil, errInvalidAction)
		}
	}
}

func answer(w http.ResponseWriter, c device.Call, out []device.Argument, f *device.Fault) {
	status, message := device.Outcome(c, out, f)
	w.Header().Set("Content-Type", device.ContentType)
	w.Header().Set("Server", serverName)
	w.WriteHeader(status)
	_, _ = w.Write(message) // a caller that is gone needs no answer
}
