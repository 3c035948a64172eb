package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A speakerWay is how speakers are reached, and how they reach us.
type speakerWay struct {
	network       *network
	source        func(netip.Addr) (netip.Addr, error) // our address towards a peer
	client        *upnp.Client                         // nil: there is none
	subscriptions *upnp.Subscriptions                  // nil: there is none
	callbackBase  func(netip.Addr) (string, error)     // nil: there is none
	eventWait     time.Duration                        // for a speaker's first event
}

// A speakerExam is a sequence of checks of one speaker, each of which uses the results
// of the one before.
type speakerExam struct {
	*speakerWay
	Renderer
	device *upnp.Device // once described
	events eventing
}

// branch has the checks of one speaker: the route, the description, then control, and
// events with the way back.
func (s *speakerExam) branch() Check {
	name := s.Addr.String()
	if s.Name != "" {
		name = s.Name + " (" + name + ")"
	}
	return Check{Name: name, Run: s.checkRoute, Then: func() []Check {
		if s.client == nil {
			return nil
		}
		return []Check{{Name: "description", Run: s.checkDescription, Then: func() []Check {
			return []Check{
				{Name: "control (SOAP)", Run: s.checkControl},
				{Name: "events (GENA)", Run: s.checkEvents, Then: func() []Check {
					return []Check{{Name: "the speaker reaches us", Run: s.checkWayBack}}
				}},
			}
		}}}
	}}
}

// checkRoute reports from which of our addresses the speaker is reached.
func (s *speakerExam) checkRoute(context.Context) Result {
	source, err := s.source(s.Addr)
	if err != nil {
		return Result{
			Status: Failed,
			Seen:   err.Error(),
			Means:  "This host has no route to the speaker.",
			Do:     []Step{{Text: "Look at the routes:", Paste: "ip route get " + s.Addr.WithZone("").String()}},
		}
	}
	seen := "from our " + source.String()
	on, ok := owner(s.network.all, source)
	if !ok {
		return fine(seen)
	}
	seen += " on " + on.Name
	if _, used := owner(s.network.selected, source); !used && !on.Loopback {
		return Result{
			Status: Warning,
			Seen:   seen,
			Means:  "The route to the speaker uses an interface that Breezeway does not use.",
			Do:     s.network.nameSteps(),
		}
	}
	if !on.OnLink(s.Addr) {
		return Result{
			Status: Note,
			Seen:   seen + ", through a router",
			Means:  "Routers do not forward multicast: the speaker is found only when it is named in BREEZEWAY_DEVICES.",
		}
	}
	return fine(seen)
}

func (s *speakerExam) checkDescription(ctx context.Context) Result {
	device, err := s.client.Describe(ctx, s.Location, s.Addr)
	switch {
	case errors.Is(err, upnp.ErrRefused):
		return Result{
			Status: Failed,
			Seen:   err.Error(),
			Means:  "The speaker announces an address that is not its own. Breezeway does not connect to it, since it might be an attack.",
			Do:     []Step{{Text: "If the speaker has a new address, switch it off and on. A proxy for UPnP must describe devices under its own address."}},
		}
	case errors.Is(err, upnp.ErrMalformed):
		return Result{
			Status: Failed,
			Seen:   err.Error(),
			Means:  "The speaker's description is malformed or too long.",
			Do:     []Step{{Text: "Update the speaker's firmware, or please report its model."}},
		}
	case err != nil:
		return Result{
			Status: Failed,
			Seen:   err.Error(),
			Means:  "The speaker announces itself but does not answer on the port that it names: it is in standby, or a firewall blocks it.",
			Do:     []Step{{Text: "Switch the speaker off and on, and make sure that no firewall blocks the port that it names."}},
		}
	}
	s.device = device
	return fine(fmt.Sprintf("%q, %s %s, %s", device.FriendlyName, device.Manufacturer, device.ModelName, device.Server))
}

// The services that say what a speaker does: AVTransport of UPnP AV, or, of a player
// that knows OpenHome alone, that of one of its sources.
const (
	avTransport      = "urn:schemas-upnp-org:service:AVTransport:"
	openHomePlaylist = "urn:av-openhome-org:service:Playlist:"
	openHomeRadio    = "urn:av-openhome-org:service:Radio:"
)

// transportService is the service that controls playing.
func (s *speakerExam) transportService() (upnp.Service, bool) {
	for _, kind := range []string{avTransport, openHomePlaylist, openHomeRadio} {
		if service, ok := s.device.Service(kind); ok {
			return service, true
		}
	}
	return upnp.Service{}, false
}

// transportState requests the transport's state, which changes nothing.
func (s *speakerExam) transportState(ctx context.Context, service upnp.Service) (string, error) {
	if strings.HasPrefix(service.Type, avTransport) {
		in := struct{ InstanceID string }{"0"}
		var out struct{ CurrentTransportState string }
		err := s.client.Call(ctx, service, "GetTransportInfo", &in, &out)
		return out.CurrentTransportState, err
	}
	var out struct{ Value string }
	err := s.client.Call(ctx, service, "TransportState", nil, &out)
	return out.Value, err
}

// checkControl asks what the speaker does.
func (s *speakerExam) checkControl(ctx context.Context) Result {
	service, ok := s.transportService()
	if !ok {
		return Result{
			Status: Failed,
			Seen:   "it has neither an AVTransport service nor one of OpenHome that plays",
			Means:  "The device cannot be controlled: it is no speaker.",
		}
	}
	state, err := s.transportState(ctx, service)
	var fault *upnp.Fault
	switch {
	case err == nil:
		return fine("the transport is " + state)
	case errors.As(err, &fault):
		return Result{
			Status: Warning,
			Seen:   err.Error(),
			Means:  "The speaker refuses a request that every renderer must answer. It may be busy with another source or in standby.",
		}
	}
	return Result{
		Status: Failed,
		Seen:   err.Error(),
		Means:  "The speaker describes itself but cannot be controlled.",
		Do:     []Step{{Text: "Switch the speaker off and on."}},
	}
}
