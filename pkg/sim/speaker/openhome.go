package speaker

import (
	"fmt"
	"strconv"
	"time"
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
	s.rendering = &rendering{volume: s.options.Volume, onChange: volume.publish}
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
	return func(in map[string]string) ([]string, *fault) {
		if in["Index"]+in["Value"] != "0" {
			return nil, errInvalidArgs
		}
		return h(in)
	}
}

func (s *Speaker) productVariables() []variable {
	return []variable{
		{name: "ProductRoom", value: s.options.Name},
		{name: "ProductName", value: s.options.Name},
		{name: "Standby", value: "0"},
		{name: "SourceCount", value: "1"},
		{name: "SourceXml", value: sourceXML},
		{name: "SourceIndex", value: "0"},
	}
}

// time tells how long the track has been heard; a live one has no duration.
func (s *Speaker) time(map[string]string) ([]string, *fault) {
	v := s.transport.view()
	return []string{v.tracks(), "0", strconv.Itoa(int(v.position / time.Second))}, nil
}

func (s *Speaker) timeVariables() []variable {
	out, _ := s.time(nil)
	return []variable{{name: "TrackCount", value: out[0]}, {name: "Duration", value: out[1]}, {name: "Seconds", value: out[2]}}
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
	return func(in map[string]string) ([]string, *fault) {
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

func (s *Speaker) playlistVariables() []variable {
	return []variable{
		{name: "TransportState", value: openHomeState(s.told(s.transport.view()))},
		{name: "Id", value: fmt.Sprint(s.playlist.current())},
		{name: "IdArray", value: s.playlist.ids()},
		{name: "TracksMax", value: strconv.Itoa(maxTracks)},
		{name: "ProtocolInfo", value: s.sinkProtocolInfo()},
	}
}
