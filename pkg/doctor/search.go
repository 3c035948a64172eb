package doctor

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	gossdp "github.com/koron/go-ssdp"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// searchWait is long enough for the first three rounds of our searcher.
const searchWait = 8 * time.Second

// Search makes a function for Options.Renderers that searches anew, for use
// where no bridge runs that knows them. OnAnswer of o is not used.
func Search(o ssdp.Options) func(context.Context) ([]Renderer, error) {
	return func(ctx context.Context) ([]Renderer, error) {
		ctx, cancel := context.WithTimeout(ctx, searchWait)
		defer cancel()
		var found []Renderer
		o.OnAnswer = func(a ssdp.Answer) {
			r := Renderer{Location: a.Location, Addr: a.From.Addr()}
			if !slices.Contains(found, r) {
				found = append(found, r)
			}
		}
		if err := ssdp.New(o).Run(ctx); err != nil {
			return nil, fmt.Errorf("doctor: search: %w", err)
		}
		slices.SortFunc(found, func(a, b Renderer) int { return a.Addr.Compare(b.Addr) })
		return found, nil
	}
}

// An opinion is one answer to go-ssdp's search.
type opinion struct {
	target   string // ST
	server   string
	location string
}

const (
	opinionSeconds = 3   // MX and the wait
	maxOpinions    = 512 // datagrams; a flood is not read any further
)

// opinionMu guards the package variables of go-ssdp.
var opinionMu sync.Mutex

// askGoSSDP searches for everything with go-ssdp, on the interfaces given. It
// returns early with ctx; go-ssdp cannot be stopped, and its search then goes on
// alone to its end within opinionSeconds and the brake's one more.
func askGoSSDP(ctx context.Context, list []netif.Interface) ([]opinion, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	doneC := make(chan struct{})
	var late []opinion
	var fault error
	go func() {
		defer close(doneC)
		late, fault = searchGoSSDP(list)
	}()
	select {
	case <-doneC:
		return late, fault
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func searchGoSSDP(list []netif.Interface) ([]opinion, error) {
	opinionMu.Lock()
	defer opinionMu.Unlock()
	gossdp.Interfaces = nil
	for _, i := range list {
		on, err := net.InterfaceByIndex(i.Index)
		if err != nil {
			return nil, fmt.Errorf("doctor: interface %s: %w", i.Name, err)
		}
		gossdp.Interfaces = append(gossdp.Interfaces, *on)
	}
	end := time.Now().Add((opinionSeconds + 1) * time.Second) // after go-ssdp's own
	gossdp.Logger = log.New(&brake{left: maxOpinions, until: end}, "", 0)
	defer func() { gossdp.Interfaces, gossdp.Logger = nil, nil }()
	services, err := gossdp.Search(gossdp.All, opinionSeconds, "", gossdp.TTL(2))
	if err != nil {
		return nil, fmt.Errorf("doctor: go-ssdp: %w", err)
	}
	opinions := make([]opinion, 0, len(services))
	for _, s := range services {
		opinions = append(opinions, opinion{s.Type, s.Server, s.Location})
	}
	return opinions, nil
}

// A brake keeps a flood of answers from filling the memory. go-ssdp keeps all
// that comes and has no limit, but logs each datagram from the goroutine that
// reads: a log that waits for the end of the search stops the reading.
type brake struct {
	left  int // lines
	until time.Time
}

func (b *brake) Write(line []byte) (int, error) {
	if b.left--; b.left < 0 {
		time.Sleep(time.Until(b.until))
	}
	return len(line), nil
}

// rendererTargets are the device types of what can play.
var rendererTargets = []string{":device:MediaRenderer:", ":device:ZonePlayer:"}

// checkOpinion compares what go-ssdp, another's code, sees with the speakers that
// were found: it tells a fault of the network from one of ours.
func (x *exam) checkOpinion(ctx context.Context, known []Renderer) Result {
	opinions, err := x.opinions(ctx, x.selected)
	if err != nil {
		return skip(err.Error())
	}
	var hosts, missed []string
	for _, o := range opinions {
		addr, text := describeOpinion(o)
		if !slices.Contains(hosts, text) {
			hosts = append(hosts, text)
		}
		if o.isRenderer() && !x.expects(ctx, known, addr) && !slices.Contains(missed, text) {
			missed = append(missed, text)
		}
	}
	slices.Sort(hosts)
	seen := "go-ssdp hears: " + orNone(hosts)
	switch {
	case len(opinions) == 0:
		return Result{
			Status: Warning,
			Seen:   seen,
			Means:  "No UPnP device at all answers, not even a router or a television. All are off, or multicast does not pass: Wi-Fi isolation, IGMP snooping without a querier, another VLAN.",
			Do: []Step{
				{Text: "In the router or switch turn off \"AP isolation\" and turn on the IGMP querier, or turn off IGMP snooping."},
				{Text: "Or name the speakers, which are then asked by unicast:", Paste: "BREEZEWAY_DEVICES=192.0.2.10,192.0.2.11"},
			},
		}
	case len(missed) > 0:
		return Result{
			Status: Warning,
			Seen:   seen,
			Means:  "Breezeway did not find what answers here as a speaker, or BREEZEWAY_RULES leaves it out: " + orNone(missed),
			Do:     []Step{{Text: "Run the doctor again; if it stays so, please report it with the output of:", Paste: "breezeway doctor --json"}},
		}
	}
	return fine(seen)
}

// expects reports whether it is known why a host answers as a speaker.
func (x *exam) expects(ctx context.Context, known []Renderer, addr netip.Addr) bool {
	if x.leavesOut(ctx, addr) {
		return true
	}
	return slices.ContainsFunc(known, func(r Renderer) bool { return r.Addr.Unmap() == addr })
}

// describeOpinion names the host of an answer. go-ssdp does not tell the source,
// so the LOCATION must do.
func describeOpinion(o opinion) (netip.Addr, string) {
	host := "an unreadable LOCATION"
	var addr netip.Addr
	if u, err := url.Parse(o.location); err == nil {
		if addr, err = netip.ParseAddr(u.Hostname()); err == nil {
			host = addr.String()
		}
	}
	const most = 80
	server := o.server
	if len(server) > most {
		server = server[:most] + "..."
	}
	return addr.Unmap(), host + " (" + server + ")"
}

func (o opinion) isRenderer() bool {
	return slices.ContainsFunc(rendererTargets, func(t string) bool { return strings.Contains(o.target, t) })
}
