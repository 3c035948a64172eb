package speaker

import (
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

const (
	notImplemented = "NOT_IMPLEMENTED"
	broadcastClass = "object.item.audioItem.audioBroadcast"
	radioScheme    = "x-rincon-mp3radio"
)

// unknownCount says that a counter position is not known (AVTransport:1
// section 2.2.25).
const unknownCount = "2147483647"

func (s *Speaker) avTransportActions() map[string]handler {
	actions := map[string]handler{
		"SetAVTransportURI":          s.setAVTransportURI,
		"GetMediaInfo":               s.getMediaInfo,
		"GetTransportInfo":           s.getTransportInfo,
		"GetPositionInfo":            s.getPositionInfo,
		"GetDeviceCapabilities":      fixed("NETWORK", notImplemented, notImplemented),
		"GetTransportSettings":       fixed("NORMAL", notImplemented),
		"GetCurrentTransportActions": s.getCurrentTransportActions,
		"Stop":                       s.stop,
		"Play":                       s.play,
		"Pause":                      s.command(evPause),
		"Seek":                       refuse(errSeekMode),
		"Next":                       refuse(errSeekTarget),
		"Previous":                   refuse(errSeekTarget),
	}
	for name, h := range actions {
		actions[name] = ofInstance0(errAVTInstance, h)
	}
	return actions
}

func fixed(out ...string) handler {
	return func(map[string]string) ([]string, *device.Fault) { return out, nil }
}

func refuse(f *device.Fault) handler {
	return func(map[string]string) ([]string, *device.Fault) { return nil, f }
}

// ofInstance0 refuses calls for other instances than 0, the only one.
func ofInstance0(other *device.Fault, h handler) handler {
	return func(in map[string]string) ([]string, *device.Fault) {
		if in["InstanceID"] != "0" {
			return nil, other
		}
		return h(in)
	}
}

func (s *Speaker) setAVTransportURI(in map[string]string) ([]string, *device.Fault) {
	uri, metadata := in["CurrentURI"], in["CurrentURIMetaData"]
	if u, err := url.Parse(uri); err != nil || u.Scheme != "http" && u.Scheme != radioScheme || u.Host == "" {
		return nil, errResource
	}
	if f := s.checkMetadata(uri, metadata); f != nil {
		return nil, f
	}
	if f := s.admission.check(); f != nil {
		return nil, f
	}
	if s.options.Quirks.HEADAtURI {
		if f := s.checkWithHEAD(uri); f != nil {
			return nil, f
		}
	}
	if s.admission.stopping() {
		return nil, nil // Quirks.SlowStop: accepted and ignored
	}
	return nil, s.transport.setURI(uri, metadata)
}

func (s *Speaker) stop(map[string]string) ([]string, *device.Fault) {
	s.admission.recordStop(s.transport.view().state.active())
	return nil, s.transport.command(evStop)
}

// checkMetadata refuses DIDL-Lite that a strict renderer would: not XML, not
// about uri, or of a type that is not in our Sink list. None at all is taken.
func (s *Speaker) checkMetadata(uri, metadata string) *device.Fault {
	if metadata == "" {
		return nil
	}
	var didl struct {
		Class     string `xml:"item>class"`
		Resources []struct {
			ProtocolInfo string `xml:"protocolInfo,attr"`
			URI          string `xml:",chardata"`
		} `xml:"item>res"`
	}
	if err := xml.Unmarshal([]byte(metadata), &didl); err != nil {
		return device.ErrInvalidArgs
	}
	if s.options.Quirks.RefusesBroadcast && didl.Class == broadcastClass {
		return errMIMEType
	}
	for _, r := range didl.Resources {
		if strings.TrimSpace(r.URI) != uri {
			continue
		}
		if s.plays(r.ProtocolInfo) {
			return nil
		}
		return errMIMEType
	}
	return device.ErrInvalidArgs
}

// plays reports whether protocolInfo ("http-get:*:audio/flac:...") is of a type
// that the Sink list names. A speaker that hides its Sink list takes all types.
func (s *Speaker) plays(protocolInfo string) bool {
	if s.options.Quirks.NoSink || s.options.Quirks.NoSinkCall {
		return true
	}
	for _, sink := range s.options.Sinks {
		if sameType(sink, protocolInfo) {
			return true
		}
	}
	return false
}

func sameType(a, b string) bool {
	fieldsA, fieldsB := strings.SplitN(a, ":", 4), strings.SplitN(b, ":", 4)
	if len(fieldsA) < 4 || len(fieldsB) < 4 || fieldsA[0] != fieldsB[0] {
		return false
	}
	return strings.EqualFold(fieldsA[2], fieldsB[2]) || fieldsA[2] == "*"
}

func (s *Speaker) play(in map[string]string) ([]string, *device.Fault) {
	if in["Speed"] != "1" {
		return nil, errPlaySpeed
	}
	f := s.transport.command(evPlay)
	if f == nil && s.options.Quirks.EarlyStopped {
		s.avt.PublishAll()
	}
	return nil, f
}

// reportedState is the state that callers and events are told, which the quirks may change.
func (s *Speaker) reportedState(v transportView) TransportState {
	switch {
	case s.options.Quirks.EarlyStopped && v.state == Transitioning:
		return Stopped
	case v.state == Stopped && s.admission.stopping():
		return Playing
	}
	return v.state
}

func (s *Speaker) command(e event) handler {
	return func(map[string]string) ([]string, *device.Fault) { return nil, s.transport.command(e) }
}

func (s *Speaker) getTransportInfo(map[string]string) ([]string, *device.Fault) {
	v := s.transport.view()
	return []string{s.reportedState(v).String(), v.status(), "1"}, nil
}

func (s *Speaker) getCurrentTransportActions(map[string]string) ([]string, *device.Fault) {
	return []string{s.reportedState(s.transport.view()).actions()}, nil
}

func (s *Speaker) getMediaInfo(map[string]string) ([]string, *device.Fault) {
	v := s.transport.view()
	return []string{
		v.tracks(), clock(0), v.uri, v.metadata, "", "", "NETWORK", notImplemented, notImplemented,
	}, nil
}

func (s *Speaker) getPositionInfo(map[string]string) ([]string, *device.Fault) {
	v := s.transport.view()
	at := clock(v.position)
	if s.options.Quirks.NoRelTime {
		at = notImplemented
	}
	return []string{v.tracks(), clock(0), v.metadata, v.uri, at, at, unknownCount, unknownCount}, nil
}

// transportVariables are what LastChange tells of the transport.
func (s *Speaker) transportVariables() []device.Variable {
	v := s.transport.view()
	return []device.Variable{
		{Name: "TransportState", Value: s.reportedState(v).String()},
		{Name: "TransportStatus", Value: v.status()},
		{Name: "CurrentTransportActions", Value: s.reportedState(v).actions()},
		{Name: "NumberOfTracks", Value: v.tracks()},
		{Name: "AVTransportURI", Value: v.uri},
		{Name: "AVTransportURIMetaData", Value: v.metadata},
		{Name: "CurrentTrackURI", Value: v.uri},
		{Name: "CurrentTrackMetaData", Value: v.metadata},
	}
}

func (v transportView) status() string {
	if v.failed {
		return "ERROR_OCCURRED"
	}
	return "OK"
}

func (v transportView) tracks() string {
	if v.uri == "" {
		return "0"
	}
	return "1"
}

// clock gives d as "H:MM:SS" (AVTransport:1 section 2.2.14).
func clock(d time.Duration) string {
	seconds := int(d / time.Second)
	return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}
