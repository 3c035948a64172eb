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

// A doorman decides which URIs come in, where the quirks have it so.
type doorman struct {
	quirks Quirks

	mu        sync.Mutex // guards what follows
	seen      bool       // a URI was offered since the start
	unlocked  bool       // a Stop came since the last URI
	stoppedAt time.Time
}

// stop notes a Stop, and when one began that has something to stop.
func (d *doorman) stop(active bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unlocked = true
	if active {
		d.stoppedAt = time.Now()
	}
}

// settling reports whether a Stop is still under way.
func (d *doorman) settling() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Since(d.stoppedAt) < d.quirks.SlowStop
}

// admit gives the fault with which a URI is refused, nil for none.
func (d *doorman) admit() *device.Fault {
	d.mu.Lock()
	defer d.mu.Unlock()
	first := !d.seen
	d.seen = true
	switch {
	case d.quirks.NotFoundFirst && first:
		return errResource
	case d.quirks.LockedUntilStop && !d.unlocked:
		return errLocked
	}
	d.unlocked = false
	return nil
}

// forget is a reboot.
func (d *doorman) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen, d.unlocked, d.stoppedAt = false, false, time.Time{}
}

// inspect looks at a URI by HEAD, as Rygel does (rygel-av-transport.vala).
func (s *Speaker) inspect(uri string) *device.Fault {
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
