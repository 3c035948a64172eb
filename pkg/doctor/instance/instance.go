// Package instance finds the Breezeway that runs on this host in another process: it
// finds its HTTP port and reads its status and health there. The doctor and the
// health check use it.
package instance

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/doctor"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
	"github.com/breezeway-audio/breezeway/pkg/settings"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

const (
	// statusTimeout bounds the search for the instance.
	statusTimeout = time.Second
	// maxCandidates bounds the ports that are tried.
	maxCandidates = 64
)

// An Instance is the Breezeway that runs on this host in another process, if there is
// one. It is searched once, when the first method is called.
type Instance struct {
	within settings.PortRange
	own    uint16

	once   sync.Once // sets what follows
	status web.Status
	found  bool
}

// New looks for an instance whose HTTP port is within a range. own is the HTTP port
// of this process, 0 without one.
func New(within settings.PortRange, own uint16) *Instance {
	return &Instance{within: within, own: own}
}

// find returns the status of the instance, if there is one; of several, the one with
// the lowest port.
func (n *Instance) find(ctx context.Context) (web.Status, bool) {
	n.once.Do(func() {
		ctx, cancel := context.WithTimeout(ctx, statusTimeout)
		defer cancel()
		var group errgroup.Group
		var mu sync.Mutex // guards n's status until all are done
		for _, port := range n.candidates() {
			group.Go(func() error {
				var s web.Status
				if err := askJSON(ctx, port, web.StatusPath, &s); err != nil || s.Service != web.ServiceName {
					return nil // nobody, or another program
				}
				mu.Lock()
				defer mu.Unlock()
				if !n.found || s.HTTP.Port < n.status.HTTP.Port {
					n.status, n.found = s, true
				}
				return nil
			})
		}
		_ = group.Wait() // none returns an error
	})
	return n.status, n.found
}

// candidates are the ports that the instance may listen on: those of the range that
// are in use or, without a range, all on which a program of our name listens.
func (n *Instance) candidates() []uint16 {
	within := n.within
	if n.within.Any() {
		within = settings.PortRange{First: 1, Last: 65535}
	}
	var list []uint16
	table, err := sockets.Read()
	if err != nil {
		return nil // the doctor reports the reason
	}
	for _, h := range table.Within(sockets.TCP, within.First, within.Last) {
		if port := h.Local.Port(); port != n.own && (!n.within.Any() || h.Ours()) {
			list = append(list, port)
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	return list[:min(len(list), maxCandidates)]
}

// Running is what the instance reports about itself; ok is false if none runs.
func (n *Instance) Running(ctx context.Context) (doctor.Running, bool) {
	s, ok := n.find(ctx)
	if !ok {
		return doctor.Running{}, false
	}
	r := doctor.Running{
		Port:     s.HTTP.Port,
		Speakers: len(s.Speakers),
		MDNS:     fmt.Sprintf("%s over IPv4, %s over IPv6", s.MDNS.IPv4.Port, s.MDNS.IPv6.Port),
	}
	for _, c := range s.Conditions {
		text := strings.TrimSuffix(fmt.Sprintf("%s: %s", c.Code, c.Subject), ": ") + " (" + c.Seen + ")"
		switch {
		case c.Code == monitor.CodeDoctorFinding:
			// The doctor checks this itself
		case c.Code.Severity() == monitor.SeverityBlocking:
			r.Missing = append(r.Missing, text)
		default:
			r.Wrong = append(r.Wrong, text)
		}
	}
	for _, host := range s.LeftOut {
		if addr, err := netip.ParseAddr(host); err == nil {
			r.LeftOut = append(r.LeftOut, addr)
		}
	}
	return r, true
}
