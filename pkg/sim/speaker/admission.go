package speaker

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

// headTime is what a stream server has to answer a HEAD.
const headTime = 5 * time.Second

// A uriAdmission accepts or refuses SetAVTransportURI by the quirks.
type uriAdmission struct {
	quirks Quirks

	mu        sync.Mutex // guards what follows
	offered   bool       // a URI was offered since the start
	stopSeen  bool       // a Stop came since the last URI
	stoppedAt time.Time
}

// recordStop notes a Stop, and when one began that has something to stop.
func (a *uriAdmission) recordStop(active bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopSeen = true
	if active {
		a.stoppedAt = time.Now()
	}
}

// stopping reports whether a Stop is still under way.
func (a *uriAdmission) stopping() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return time.Since(a.stoppedAt) < a.quirks.SlowStop
}

// check gives the fault with which a URI is refused, nil if it is accepted.
func (a *uriAdmission) check() *device.Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := !a.offered
	a.offered = true
	switch {
	case a.quirks.NotFoundFirst && first:
		return errResource
	case a.quirks.LockedUntilStop && !a.stopSeen:
		return errLocked
	}
	a.stopSeen = false
	return nil
}

// reset is a reboot.
func (a *uriAdmission) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.offered, a.stopSeen, a.stoppedAt = false, false, time.Time{}
}

// checkWithHEAD looks at a URI by HEAD, as Rygel does (rygel-av-transport.vala).
func (s *Speaker) checkWithHEAD(uri string) *device.Fault {
	ctx, cancel := context.WithTimeout(context.Background(), headTime)
	defer cancel()
	resp, err := s.player.request(ctx, http.MethodHead, uri, "")
	if err != nil {
		return errResource
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errResource
	}
	contentType := strings.ReplaceAll(resp.Header.Get("Content-Type"), " ", "")
	if !s.plays("http-get:*:" + contentType + ":*") {
		return errMIMEType
	}
	return nil
}
