package fleet

import (
	"net/netip"
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/settings"
	"github.com/rs/zerolog"
)

// maxSpeakers bounds the bridges: each takes a port and a name on the LAN.
const maxSpeakers = 128

// Model is how speakers call themselves to senders (am in the TXT record), which pick
// an icon and quirks by it.
const Model = "Breezeway1,1"

// Announced reports whether a service is a speaker that this program, or
// another one of its kind, announced.
func Announced(s query.Service) bool { return slices.Contains(s.TXT, "am="+Model) }

// Options are what every bridge is made from.
type Options struct {
	Client *upnp.Client
	Search ssdp.Options         // OnAnswer is the manager's
	Listen ssdp.ListenerOptions // OnNotice is the manager's
	// Descriptions are URLs that are looked at whether a search brings them or
	// not: of speakers that the user named.
	Descriptions []string
	Publish      func(mdns.Service) *mdns.Publication
	Streams      *stream.Server
	// BaseURL is our HTTP port as peer reaches it, without a path.
	BaseURL func(peer netip.Addr) (string, error)
	// Events brings what renderers report by themselves; nil: they are polled.
	Events renderer.Events
	// Remote makes the remote control of a sender, or returns an error where it takes
	// none; nil: nobody does.
	Remote func(raop.ClientInfo) (bridge.Remote, error)
	// Native reports whether the host with that address speaks AirPlay itself;
	// nil: not known.
	Native func(netip.Addr) bool
	// ArtworkPath is where a speaker's cover is served, another path for each
	// serial; nil: nowhere.
	ArtworkPath func(id raop.ID, serial uint64) string
	Memory      *quirk.Memory // of the formats that renderers take; nil: one of its own

	Settings settings.Speaker // of all speakers
	Rules    rule.Rules       // for some of them
	Groups   rule.Groups

	Receiver   raop.Options // what all receivers share: ports, password
	NameFormat func(name string) string
	Firmware   string        // version shown to senders
	Grace      time.Duration // how long a speaker stays listed after it left
	Log        zerolog.Logger
}
