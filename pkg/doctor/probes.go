package doctor

import (
	"context"
	"net/netip"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/doctor/fingerprint"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// probes are the functions that examine the host; tests replace them.
type probes struct {
	interfaces func() ([]netif.Interface, error)
	links      func() (map[string]link, error) // by name
	gateway    func(index int) netip.Addr      // of the IPv4 default route; zero if there is none
	marks      func() []string                 // markFiles that exist
	sysctl     func(name string) (string, error)
	table      func() (*sockets.Table, error)
	survey     func(t *sockets.Table, group netip.AddrPort, index int) (sockets.Survey, error)
	isOwn      func(sockets.Holder) bool // a socket of Breezeway itself
	ask        func(ctx context.Context, targets []netip.AddrPort, interfaces []int) (fingerprint.Replies, error)
	echo       func(context.Context, netif.Interface) error
	scan       func(context.Context, []netif.Interface) ([]scanAnswer, error)
	source     func(netip.Addr) (netip.Addr, error)
	clocks     func() reading
	eventWait  time.Duration // for a speaker's first event
}

// hostProbes examine this host.
func hostProbes() probes {
	return probes{
		interfaces: netif.List,
		links:      listLinks,
		gateway:    gatewayOf,
		marks:      engineMarks,
		sysctl:     readSysctl,
		table:      sockets.Read,
		survey:     (*sockets.Table).Survey,
		isOwn:      sockets.Holder.Ours,
		ask:        fingerprint.Ask,
		echo:       echo,
		scan:       scanOnce,
		source:     netif.SourceFor,
		clocks:     readClocks,
		eventWait:  firstEventWait,
	}
}
