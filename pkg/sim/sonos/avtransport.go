package sonos

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

const (
	lineInScheme = "x-rincon-stream:"
	tvScheme     = "x-sonos-htastream:"
	followScheme = "x-rincon:"
	radioScheme  = "x-rincon-mp3radio:"
	avTransport  = "urn:schemas-upnp-org:service:AVTransport:1"
)

// A loaded is what a player was given to play.
type loaded struct {
	uri      string
	metadata string
	playing  bool // of an input; of all else the inner speaker knows
}

// isInput reports whether it is a line input or a television.
func (l loaded) isInput() bool {
	return strings.HasPrefix(l.uri, lineInScheme) || strings.HasPrefix(l.uri, tvScheme)
}

// avTransportActions are what the household has a say in; all else is the
// inner speaker's.
func (p *Player) avTransportActions() map[string]handler {
	return map[string]handler{
		"SetAVTransportURI": p.setAVTransportURI,
		"Play":              p.ofCoordinator(p.play),
		"Stop":              p.ofCoordinator(p.stop),
		"Pause":             p.ofCoordinator(p.pause),
		"Seek":              p.ofCoordinator(passOn),
		"Next":              p.ofCoordinator(passOn),
		"Previous":          p.ofCoordinator(passOn),
		"GetMediaInfo":      p.getMediaInfo,
		"GetTransportInfo":  p.getTransportInfo,
		"GetPositionInfo":   p.getPositionInfo,
	}
}

func passOn(*http.Request, map[string]string) ([]device.Argument, *device.Fault) {
	return nil, errPassOn
}

// ofCoordinator guards h: members of a group do not obey.
func (p *Player) ofCoordinator(h handler) handler {
	return func(r *http.Request, in map[string]string) ([]device.Argument, *device.Fault) {
		if !p.household.coordinates(p) {
			return nil, errNotCoordinator
		}
		return h(r, in)
	}
}

// setAVTransportURI takes a member out of its group. One that is bound to
// another player refuses.
func (p *Player) setAVTransportURI(r *http.Request, in map[string]string) ([]device.Argument, *device.Fault) {
	if p.household.isBound(p) {
		return nil, errNotCoordinator
	}
	l := loaded{uri: in["CurrentURI"], metadata: in["CurrentURIMetaData"]}
	if l.isInput() {
		if err := p.stopInner(r.Context()); err != nil {
			return nil, errActionFailed
		}
	}
	p.household.leaveGroup(p)
	p.setLoaded(l)
	if l.isInput() {
		return nil, nil
	}
	return nil, errPassOn
}

func (p *Player) play(*http.Request, map[string]string) ([]device.Argument, *device.Fault) {
	return p.switchInput(true)
}

func (p *Player) stop(*http.Request, map[string]string) ([]device.Argument, *device.Fault) {
	return p.switchInput(false)
}

// pause is not for radio.
func (p *Player) pause(*http.Request, map[string]string) ([]device.Argument, *device.Fault) {
	if l := p.getLoaded(); l.isInput() || strings.HasPrefix(l.uri, radioScheme) {
		return nil, errTransition
	}
	return nil, errPassOn
}

// switchInput starts or stops an input; what is none is the inner speaker's.
func (p *Player) switchInput(on bool) ([]device.Argument, *device.Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.loaded.isInput() {
		return nil, errPassOn
	}
	p.loaded.playing = on
	return nil, nil
}

func (p *Player) getMediaInfo(*http.Request, map[string]string) ([]device.Argument, *device.Fault) {
	l := p.getLoaded()
	if coordinator := p.household.coordinatorOf(p); coordinator != p {
		l = loaded{uri: followScheme + coordinator.uuid}
	}
	return arguments(
		"NrTracks", "1", "MediaDuration", "NOT_IMPLEMENTED",
		"CurrentURI", l.uri, "CurrentURIMetaData", l.metadata,
		"NextURI", "", "NextURIMetaData", "",
		"PlayMedium", "NETWORK", "RecordMedium", "NOT_IMPLEMENTED", "WriteStatus", "NOT_IMPLEMENTED",
	), nil
}

// getPositionInfo of a member tells whom it follows, and no position.
func (p *Player) getPositionInfo(*http.Request, map[string]string) ([]device.Argument, *device.Fault) {
	coordinator := p.household.coordinatorOf(p)
	if coordinator == p {
		return nil, errPassOn
	}
	return arguments(
		"Track", "1", "TrackDuration", "0:00:00", "TrackMetaData", "", "TrackURI", followScheme+coordinator.uuid,
		"RelTime", "0:00:00", "AbsTime", "NOT_IMPLEMENTED", "RelCount", "2147483647", "AbsCount", "2147483647",
	), nil
}

func (p *Player) getTransportInfo(*http.Request, map[string]string) ([]device.Argument, *device.Fault) {
	from := p.household.coordinatorOf(p)
	state := from.inner.State()
	if l := from.getLoaded(); l.isInput() && l.playing {
		state = speaker.Playing
	}
	return arguments(
		"CurrentTransportState", state.String(), "CurrentTransportStatus", "OK", "CurrentSpeed", "1",
	), nil
}

// SetInput has the line input (x-rincon-stream:) or the television
// (x-sonos-htastream:) on, as if chosen in Sonos' app.
func (p *Player) SetInput(uri, metadata string, playing bool) {
	p.setLoaded(loaded{uri: uri, metadata: metadata, playing: playing})
}

// Loaded is what the player was given last, and whether it is an input that
// is on.
func (p *Player) Loaded() (uri, metadata string, inputOn bool) {
	l := p.getLoaded()
	return l.uri, l.metadata, l.isInput() && l.playing
}

func (p *Player) setLoaded(l loaded) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.loaded = l
}

func (p *Player) getLoaded() loaded {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.loaded
}

// stopInner stops the player's own transport.
func (p *Player) stopInner(ctx context.Context) error {
	if p.inner.State() == speaker.NoMediaPresent {
		return nil
	}
	return p.callInner(ctx, "Stop", "")
}

// inherit plays what from played, as a group does whose coordinator leaves.
func (p *Player) inherit(ctx context.Context, from *Player) error {
	l := from.getLoaded()
	p.setLoaded(l)
	if state := from.inner.State(); state != speaker.Playing && state != speaker.Transitioning {
		return nil
	}
	err := p.callInner(ctx, "SetAVTransportURI", "<CurrentURI>"+device.Escape(l.uri)+"</CurrentURI>"+
		"<CurrentURIMetaData>"+device.Escape(l.metadata)+"</CurrentURIMetaData>")
	if err != nil {
		return err
	}
	return p.callInner(ctx, "Play", "<Speed>1</Speed>")
}

// callInner has the inner speaker carry out an action of AVTransport.
func (p *Player) callInner(ctx context.Context, action, args string) error {
	body := `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` +
		`<u:` + action + ` xmlns:u="` + avTransport + `"><InstanceID>0</InstanceID>` + args + `</u:` + action + `></s:Body></s:Envelope>`
	resp, err := p.send(ctx, "AVTransport", `"`+avTransport+"#"+action+`"`, []byte(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("sonos: %s of %s: status %s", action, p.options.Room, resp.Status)
	}
	return nil
}

// toInner passes a call to the inner speaker's service.
func (p *Player) toInner(service string) func(http.ResponseWriter, *http.Request, []byte) {
	return func(w http.ResponseWriter, r *http.Request, body []byte) {
		resp, err := p.send(r.Context(), service, r.Header.Get("SOAPACTION"), body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.Header().Set("Content-Type", device.ContentType)
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body) // a caller that is gone needs no answer
	}
}

func (p *Player) send(ctx context.Context, service, action string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.innerURL(service, "control"), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("sonos: %w", err)
	}
	req.Header["SOAPACTION"] = []string{action}
	req.Header.Set("Content-Type", device.ContentType)
	resp, err := p.household.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("sonos: %w", err)
	}
	return resp, nil
}

// innerURL is where a part of a service of the inner speaker is.
func (p *Player) innerURL(service, part string) string {
	return strings.TrimSuffix(p.inner.Location(), "/description.xml") + "/" + service + "/" + part
}
