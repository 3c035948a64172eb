// Package sonos is what a Sonos player offers beyond a MediaRenderer: which
// players form rooms and groups (ZoneGroupTopology), the volume of a group
// (GroupRenderingControl), and going back to the television or line input that we
// interrupted. Playing itself is in package renderer, always on the coordinator
// of a group.
//
// Sonos has published no specification of its local control. The sources are public:
// the project SoCo (core.py, zonegroupstate.py, groups.py), the service descriptions
// that players serve at port 1400, and reports of users of AirConnect and swyh-rs.
//
// Left out: forming and dissolving groups, pairing, queues, favourites, alarms.
package sonos

import (
	"context"
	"errors"
	"net/netip"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// Prefixes of the service types, any version.
const (
	typeTopology       = "urn:schemas-upnp-org:service:ZoneGroupTopology:"
	typeProperties     = "urn:schemas-upnp-org:service:DeviceProperties:"
	typeAVTransport    = "urn:schemas-upnp-org:service:AVTransport:"
	typeRendering      = "urn:schemas-upnp-org:service:RenderingControl:"
	typeGroupRendering = "urn:schemas-upnp-org:service:GroupRenderingControl:"
)

var (
	// ErrMalformed marks a topology that is malformed or beyond the limits. It is the
	// error of package upnp.
	ErrMalformed = upnp.ErrMalformed
	// ErrUnsupported is returned for what a player does not offer.
	ErrUnsupported = errors.New("not offered by the player")
	// ErrNotCoordinator means that the player follows another one, the coordinator of
	// its group, which must be used instead.
	ErrNotCoordinator = errors.New("the player is not the coordinator of its group")
)

// A Client sends requests to players; *upnp.Client is one.
type Client interface {
	Call(ctx context.Context, svc upnp.Service, action string, in, out any) error
}

// Events keeps a subscription to the events of one service until ctx ends;
// *upnp.Subscriptions is one.
type Events interface {
	Run(ctx context.Context, sub upnp.Subscription) error
}

// A UUID names a player: "RINCON_B8E93781F3EA01400".
type UUID string

const (
	udnPrefix      = "uuid:"
	uuidPrefix     = "RINCON_"
	rendererSuffix = "_MR"
	serverSuffix   = "_MS"
	maxUUIDBytes   = 64
)

// UUIDOf is the player of a UDN: of the player itself
// ("uuid:RINCON_B8E93781F3EA01400") or of its embedded MediaRenderer or
// MediaServer ("..._MR", "..._MS"). ok is false for what is no Sonos player.
func UUIDOf(udn string) (u UUID, ok bool) {
	text, ok := strings.CutPrefix(udn, udnPrefix)
	text = strings.TrimSuffix(strings.TrimSuffix(text, rendererSuffix), serverSuffix)
	if !ok || !strings.HasPrefix(text, uuidPrefix) || len(text) > maxUUIDBytes {
		return "", false
	}
	return UUID(text), true
}

// A Player is a described one that can be asked about its household.
type Player struct {
	UUID       UUID
	Address    netip.Addr
	topology   upnp.Service
	properties upnp.Service
}

// PlayerOf makes a Player from a root device returned by Describe. ok is false if it
// is no Sonos player.
func PlayerOf(root *upnp.Device) (p Player, ok bool) {
	uuid, ok := UUIDOf(root.UDN)
	if !ok || root.Location == nil {
		return Player{}, false
	}
	address, err := netip.ParseAddr(root.Location.Hostname())
	topology, ok := root.Service(typeTopology)
	if err != nil || !ok {
		return Player{}, false
	}
	// It is only needed to request the household's id.
	properties, _ := root.Service(typeProperties)
	return Player{UUID: uuid, Address: address.Unmap(), topology: topology, properties: properties}, true
}

// fault reports whether err is a UPnP error with this code.
func fault(err error, code int) bool {
	var f *upnp.Fault
	return errors.As(err, &f) && f.Code == code
}
