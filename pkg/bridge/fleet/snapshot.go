package fleet

import (
	"net/netip"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A Snapshot is the state of everything at one moment: page, API, metrics,
// health and notifications are all made from it. What the Manager does not know
// is filled in by its owner.
type Snapshot struct {
	Started   time.Time
	Speakers  []bridge.Speaker   // by name
	Listening ssdp.ListenerState // to what devices announce
	Search    ssdp.Stats
	Announced ssdp.ListenerStats // announcements of devices
	// LeftOut are the hosts of renderers that are not offered: a rule says so, or
	// they are a part of another speaker. Those that speak AirPlay are not among it.
	LeftOut []netip.Addr

	Interfaces []string // in use, by name; the owner's, as what follows
	HTTP       HTTPPort
	MDNS       mdns.Stats
	UPnP       upnp.Stats   // of the client that controls the renderers
	Named      []netip.Addr // hosts of the speakers that the user named
	MemoryErr  error        // what is learned about speakers cannot be kept for the next start; nil: it is
}

// An HTTPPort is where streams, events, page and health are served.
type HTTPPort struct {
	Port  uint16 // 0: it is not open
	First uint16 // that was wanted, 0 for any; Port differs where another program has it
}
