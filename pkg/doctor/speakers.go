package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// maxRenderers is how many speakers are looked into.
const maxRenderers = 32

// speakers is the branch of all speakers.
func (x *exam) speakers() Check {
	var found []Renderer
	var silent []Named
	return Check{
		Name: "speakers",
		Run: func(ctx context.Context) (r Result) {
			found, r = x.findSpeakers(ctx)
			found, silent = x.besides(found)
			return r
		},
		Then: func() []Check {
			checks := []Check{{
				Name: "who answers M-SEARCH",
				Run:  func(ctx context.Context) Result { return x.checkOpinion(ctx, found) },
			}}
			for _, r := range found[:min(len(found), maxRenderers)] {
				checks = append(checks, x.speaker(r))
			}
			for _, n := range silent[:min(len(silent), maxRenderers)] {
				checks = append(checks, x.silent(n))
			}
			return checks
		},
	}
}

// besides adds to the renderers found those that are named by URL, and tells which
// of those named by address were not found.
func (x *exam) besides(found []Renderer) (all []Renderer, silent []Named) {
	for _, n := range x.Named {
		isFound := slices.ContainsFunc(found, func(r Renderer) bool { return r.Addr.Unmap() == n.Addr.Unmap() })
		switch {
		case isFound:
			// It is looked into as it was found
		case n.Location != "":
			found = append(found, Renderer{Name: "named by URL", Location: n.Location, Addr: n.Addr})
		default:
			silent = append(silent, n)
		}
	}
	return found, silent
}

// silent tells of a speaker that is named and does not answer.
func (x *exam) silent(n Named) Check {
	return Check{Name: "named in BREEZEWAY_DEVICES: " + n.Addr.String(), Watched: true, Run: func(context.Context) Result {
		way := "there is no way to it from here"
		if source, err := x.source(n.Addr); err == nil {
			way = "asked from our " + source.String()
		}
		return Result{
			Status: Warning,
			Seen:   "no speaker is found there; " + way,
			Means:  "The named speaker does not answer: it is off, has another address now, or a firewall is between. Some answer no unicast search at all. One that speaks AirPlay itself is left out on purpose.",
			Do: []Step{
				{Text: "Switch the speaker on, and compare its address with the router's list."},
				{Text: "If it is on, name it by the URL of its description, which needs no search:", Paste: "BREEZEWAY_DEVICES=http://" + netip.AddrPortFrom(n.Addr, 49152).String() + "/description.xml"},
			},
		}
	}}
}

func (x *exam) findSpeakers(ctx context.Context) ([]Renderer, Result) {
	if x.Renderers == nil {
		return nil, skip("nobody was asked for them")
	}
	found, err := x.Renderers(ctx)
	switch {
	case err != nil:
		return nil, Result{Status: Failed, Seen: err.Error(), Means: "The search for speakers does not work."}
	case len(found) == 0:
		return nil, Result{
			Status: Warning,
			Seen:   "none found",
			Means:  "No speaker answers. They are off, in another network, or multicast does not reach them.",
			Do: []Step{
				{Text: "Switch a speaker on and run the doctor again; see below who answers at all."},
				{Text: "A speaker in another network or behind difficult Wi-Fi can be named:", Paste: "BREEZEWAY_DEVICES=192.0.2.10"},
			},
		}
	case len(found) > maxRenderers:
		return found, Result{Status: OK, Seen: fmt.Sprintf("%d found, the first %d are looked into", len(found), maxRenderers)}
	}
	return found, fine(fmt.Sprintf("%d found", len(found)))
}

// A speakerExam is what one speaker's checks hand down to each other.
type speakerExam struct {
	*exam
	Renderer
	device *upnp.Device
	events eventing
}

// speaker is the branch of one speaker: the way there, the description, then
// control, and events with the way back.
func (x *exam) speaker(r Renderer) Check {
	s := &speakerExam{exam: x, Renderer: r}
	name := r.Addr.String()
	if r.Name != "" {
		name = r.Name + " (" + name + ")"
	}
	return Check{Name: name, Run: s.checkRoute, Then: func() []Check {
		if s.Client == nil {
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

// checkRoute tells from which of our addresses the speaker is reached.
func (s *speakerExam) checkRoute(context.Context) Result {
	source, err := s.source(s.Addr)
	if err != nil {
		return Result{
			Status: Failed,
			Seen:   err.Error(),
			Means:  "This host has no way to the speaker.",
			Do:     []Step{{Text: "Look at the routes:", Paste: "ip route get " + s.Addr.WithZone("").String()}},
		}
	}
	seen := "from our " + source.String()
	on, ok := s.holds(s.all, source)
	if !ok {
		return fine(seen)
	}
	seen += " on " + on.Name
	if _, used := s.holds(s.selected, source); !used && !on.Loopback {
		return Result{
			Status: Warning,
			Seen:   seen,
			Means:  "The way to the speaker leads over an interface that Breezeway does not use.",
			Do:     s.nameInterface(),
		}
	}
	if !on.OnLink(s.Addr) {
		return Result{
			Status: Note,
			Seen:   seen + ", through a router",
			Means:  "Multicast does not pass routers: the speaker is found only when it is named in BREEZEWAY_DEVICES.",
		}
	}
	return fine(seen)
}

// holds finds the interface that has an address.
func (x *exam) holds(list []netif.Interface, addr netip.Addr) (netif.Interface, bool) {
	for _, i := range list {
		if i.Has(addr) {
			return i, true
		}
	}
	return netif.Interface{}, false
}

func (s *speakerExam) checkDescription(ctx context.Context) Result {
	device, err := s.Client.Describe(ctx, s.Location, s.Addr)
	switch {
	case errors.Is(err, upnp.ErrRefused):
		return Result{
			Status: Failed,
			Seen:   err.Error(),
			Means:  "The speaker tells an address that is not its own. Breezeway does not go there, since it might be an attack.",
			Do:     []Step{{Text: "If the speaker has a new address, switch it off and on. A proxy for UPnP must describe devices under its own address."}},
		}
	case errors.Is(err, upnp.ErrMalformed):
		return Result{
			Status: Failed,
			Seen:   err.Error(),
			Means:  "The description is not one that could be understood, or is too long.",
			Do:     []Step{{Text: "Update the speaker's firmware, or please report its model."}},
		}
	case err != nil:
		return Result{
			Status: Failed,
			Seen:   err.Error(),
			Means:  "The speaker announces itself but does not answer on the port that it names: it is in standby, or a firewall is between.",
			Do:     []Step{{Text: "Switch the speaker off and on, and let it have the port that it names: nothing between may block it."}},
		}
	}
	s.device = device
	return fine(fmt.Sprintf("%q, %s %s, %s", device.FriendlyName, device.Manufacturer, device.ModelName, device.Server))
}

const avTransport = "urn:schemas-upnp-org:service:AVTransport:"

// checkControl asks for the transport's state, which changes nothing.
func (s *speakerExam) checkControl(ctx context.Context) Result {
	service, ok := s.device.Service(avTransport)
	if !ok {
		return Result{
			Status: Failed,
			Seen:   "it has no AVTransport service",
			Means:  "The device cannot be told to play by UPnP AV: it speaks OpenHome alone, or is no speaker.",
		}
	}
	in := struct{ InstanceID string }{"0"}
	var out struct{ CurrentTransportState string }
	err := s.Client.Call(ctx, service, "GetTransportInfo", &in, &out)
	var fault *upnp.Fault
	switch {
	case err == nil:
		return fine("the transport is " + out.CurrentTransportState)
	case errors.As(err, &fault):
		return Result{
			Status: Warning,
			Seen:   err.Error(),
			Means:  "The speaker refuses a question that every renderer must answer. It may be busy with another source or in standby.",
		}
	}
	return Result{
		Status: Failed,
		Seen:   err.Error(),
		Means:  "The speaker describes itself but cannot be controlled.",
		Do:     []Step{{Text: "Switch the speaker off and on."}},
	}
}
