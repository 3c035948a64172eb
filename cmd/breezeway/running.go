package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/browse"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/doctor"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

const (
	// statusTimeout bounds the search for a Breezeway on this host.
	statusTimeout = time.Second
	// maxStatusBytes bounds its answer: a full house of speakers is a tenth.
	maxStatusBytes = 4 << 20
	// maxCandidates bounds the ports that are asked.
	maxCandidates = 64
)

// A neighbour is the Breezeway that runs on this host beside a command, if any.
type neighbour struct {
	config *config.Config
	own    uint16 // HTTP port of the command itself

	once   sync.Once
	status web.Status
	ok     bool
}

// find asks for the neighbour's status, the first time that somebody wants it.
func (n *neighbour) find(ctx context.Context) (web.Status, bool) {
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
				if !n.ok || s.HTTP.Port < n.status.HTTP.Port {
					n.status, n.ok = s, true
				}
				return nil
			})
		}
		_ = group.Wait() // none returns an error
	})
	return n.status, n.ok
}

// candidates are the ports that the neighbour may have: those of the range that
// are taken, or, where any port will do, all that a program of our name listens on.
func (n *neighbour) candidates() []uint16 {
	within := n.config.HTTPPort
	anyPort := within.First == 0
	if anyPort {
		within = config.PortRange{First: 1, Last: 65535}
	}
	var list []uint16
	table, err := sockets.Read()
	if err != nil {
		return nil // the doctor says why
	}
	for _, h := range table.Within(sockets.TCP, within.First, within.Last) {
		if port := h.Local.Port(); port != n.own && (!anyPort || h.Ours()) {
			list = append(list, port)
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	return list[:min(len(list), maxCandidates)]
}

// askJSON fetches a document from a port of this host.
func askJSON(ctx context.Context, port uint16, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy for loopback
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // read only
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("port %d: %s", port, answer.Status)
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxStatusBytes)).Decode(into); err != nil {
		return fmt.Errorf("port %d: %w", port, err)
	}
	return nil
}

// running is the neighbour as the doctor wants it told.
func (n *neighbour) running(ctx context.Context) (doctor.Running, bool) {
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
		text := strings.TrimSuffix(fmt.Sprintf("%s: %s", c.Kind, c.Subject), ": ") + " (" + c.Seen + ")"
		switch {
		case c.Kind == monitor.KindFinding:
			// The doctor finds it again, or not
		case c.Kind.Blocks():
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

// hears asks the network for the neighbour's speakers, as senders do, over each
// interface and address family by itself. The questions leave from ports of their
// own, whoever has 5353.
func (n *neighbour) hears(interfaces func() []netif.Interface) func(context.Context) []doctor.Hearing {
	return func(ctx context.Context) []doctor.Hearing {
		s, ok := n.find(ctx)
		if !ok || s.MDNS.Services == 0 {
			return nil
		}
		ids := make(map[string]bool)
		for _, speaker := range s.Speakers {
			ids[speaker.ID] = true
		}
		var ways []netif.Interface
		for _, i := range interfaces() {
			ways = append(ways, families(i)...)
		}
		hearings := make([]doctor.Hearing, len(ways))
		var group errgroup.Group
		for at, way := range ways {
			group.Go(func() error {
				hearings[at] = listen(ctx, way, ids)
				return nil
			})
		}
		_ = group.Wait() // what failed is in hearings
		return hearings
	}
}

// families parts an interface into one with its IPv4 and one with its IPv6
// addresses.
func families(i netif.Interface) []netif.Interface {
	var parts []netif.Interface
	for _, is6 := range []bool{false, true} {
		part := i
		part.Prefixes = nil
		for _, p := range i.Prefixes {
			if p.Addr().Is6() == is6 {
				part.Prefixes = append(part.Prefixes, p)
			}
		}
		if part.Prefixes != nil {
			parts = append(parts, part)
		}
	}
	return parts
}

// listen asks over an interface that has addresses of one family for a speaker of
// one of the ids.
func listen(ctx context.Context, way netif.Interface, ids map[string]bool) doctor.Hearing {
	h := doctor.Hearing{Way: "IPv4 on " + way.Name, IPv6: way.Prefixes[0].Addr().Is6()}
	if h.IPv6 {
		h.Way = "IPv6 on " + way.Name
	}
	o := browse.Options{Type: "_raop._tcp", Interfaces: []netif.Interface{way}}
	_, h.Err = browse.Find(ctx, o, func(s browse.Service) bool {
		id, _, _ := strings.Cut(s.Instance, "@")
		return ids[id] && bridge.Announced(s)
	})
	return h
}
