package speaker

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

// maxCalls is how many calls are remembered; older ones are forgotten.
const maxCalls = 256

// A Call is one SOAP call that a control point made.
type Call struct {
	At      time.Time
	Service string // "AVTransport"
	Action  string // "Play"
	Args    []device.Argument
	Fault   int // UPnP error code of the answer, 0 when the action worked
}

type callLog struct {
	mu    sync.Mutex // guards calls
	calls []Call
}

func (l *callLog) add(c device.Call, f *device.Fault) {
	entry := Call{At: time.Now(), Service: shortName(c.ServiceType), Action: c.Action, Args: c.Args}
	if f != nil {
		entry.Fault = f.Code
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.calls) == maxCalls {
		l.calls = slices.Delete(l.calls, 0, 1)
	}
	l.calls = append(l.calls, entry)
}

func (l *callLog) all() []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.calls)
}

// shortName gives "AVTransport" of "urn:schemas-upnp-org:service:AVTransport:1".
func shortName(serviceType string) string {
	fields := strings.Split(serviceType, ":")
	if len(fields) < 2 {
		return serviceType
	}
	return fields[len(fields)-2]
}
