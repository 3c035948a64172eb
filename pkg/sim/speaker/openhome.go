package speaker

import (
	"fmt"
	"strconv"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

// openHomeParts are the services of a renderer that speaks OpenHome alone: what
// a control point needs of Product:1, Playlist:1, Time:1 and Volume:1 (the
// descriptions of ohMedia). There is one source, the playlist.
func (s *Speaker) openHomeParts() []part {
	const domain = "av-openhome-org"
	q := s.options.Quirks
	s.playlist = &playlist{}
	s.avt = newPublisher("", q, s.playlistVariables)
	volume := newPublisher("", q, s.renderingVariables)
	s.rendering = &rendering{volume: s.options.Volume, onChange: volume.Publish}
	return []part{
		{"Product", domain, 1, s.productActions(), newPublisher("", q, s.productVariables)},
		{"Playlist", domain, 1, s.playlistActions(), s.avt},
		{"Time", domain, 1, map[string]handler{"Time": s.time}, newPublisher("", q, s.timeVariables)},
		{"Volume", domain, 1, s.volumeActions(), volume},
	}
}

const sourceXML = `<SourceList><Source><Name>Playlist</Name><Type>Playlist</Type><Visible>true</Visible></Source></SourceList>`

func (s *Speaker) productActions() map[string]handler {
	return map[string]handler{
		"Product":        fixed(s.options.Name, s.options.Name, "", "", ""),
		"Standby":        fixed("0"),
		"SetStandby":     fixed(),
		"SourceCount":    fixed("1"),
		"SourceXml":      fixed(sourceXML),
		"SourceIndex":    fixed("0"),
		"SetSourceIndex": ofIndex0(fixed()),
		"Source":         ofIndex0(fixed("Playlist", "Playlist", "Playlist", "1")),
		"Attributes":     fixed("Time Volume"),
	}
}

// ofIndex0 guards h: the only source is the first.
func ofIndex0(h handler) handler {
	return func(in map[string]string) ([]string, *device.Fault) {
		if in["Index"]+in["Value"] != "0" {
			return nil, device.ErrInvalidArgs
		}
		return h(in)
	}
}

func (s *Speaker) productVariables() []device.Variable {
	return []device.Variable{
		{Name: "ProductRoom", Value: s.options.Name},
		{Name: "ProductName", Value: s.options.Name},
		{Name: "Standby", Value: "0"},
		{Name: "SourceCount", Value: "1"},
		{Name: "SourceXml", Value: sourceXML},
		{Name: "SourceIndex", Value: "0"},
	}
}

// time tells how long the track has been heard; a live one has no duration.
func (s *Speaker) time(map[string]string) ([]string, *device.Fault) {
	v := s.transport.view()
	return []string{v.tracks(), "0", strconv.Itoa(int(v.position / time.Second))}, nil
}

func (s *Speaker) timeVariables() []device.Variable {
	out, _ := s.time(nil)
	return []device.Variable{{Name: "TrackCount", Value: out[0]}, {Name: "Duration", Value: out[1]}, {Name: "Seconds", Value: out[2]}}
}

func (s *Speaker) volumeActions() map[string]handler {
	top := strconv.Itoa(s.options.Quirks.volumeMax())
	return map[string]handler{
		"Characteristics": fixed(top, top, top, "1024", "0", "0"),
		"Volume":          s.getVolume,
		"SetVolume":       s.setOpenHome("DesiredVolume", s.setVolume),
		"Mute":            s.getMute,
		"SetMute":         s.setOpenHome("DesiredMute", s.setMute),
	}
}

// setOpenHome gives h the argument that OpenHome calls Value by its UPnP name.
func (s *Speaker) setOpenHome(name string, h handler) handler {
	return func(in map[string]string) ([]string, *device.Fault) {
		return h(map[string]string{name: in["Value"]})
	}
}

// openHomeState is the value of Playlist's TransportState.
func openHomeState(state TransportState) string {
	switch state {
	case Transitioning:
		return "Buffering"
	case Playing:
		return "Playing"
	case PausedPlayback:
		return "Paused"
	default:
		return "Stopped"
	}
}

func (s *Speaker) playlistVariables() []device.Variable {
	return []device.Variable{
		{Name: "TransportState", Value: openHomeState(s.reportedState(s.transport.view()))},
		{Name: "Id", Value: fmt.Sprint(s.playlist.current())},
		{Name: "IdArray", Value: s.playlist.ids()},
		{Name: "TracksMax", Value: strconv.Itoa(maxTracks)},
		{Name: "ProtocolInfo", Value: s.sinkProtocolInfo()},
	}
}
