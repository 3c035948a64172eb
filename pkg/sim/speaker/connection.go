package speaker

import (
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

func (s *Speaker) connectionActions() map[string]handler {
	return map[string]handler{
		"GetProtocolInfo":          s.getProtocolInfo,
		"GetCurrentConnectionIDs":  fixed("0"),
		"GetCurrentConnectionInfo": s.getCurrentConnectionInfo,
	}
}

func (s *Speaker) getProtocolInfo(map[string]string) ([]string, *device.Fault) {
	if s.options.Quirks.NoSinkCall {
		return nil, device.ErrInvalidAction
	}
	return []string{"", s.sinkProtocolInfo()}, nil
}

// getCurrentConnectionInfo tells of connection 0, the only one: control points
// do not prepare connections of their own here.
func (s *Speaker) getCurrentConnectionInfo(in map[string]string) ([]string, *device.Fault) {
	if in["ConnectionID"] != "0" {
		return nil, errConnection
	}
	return []string{"0", "0", "", "", "-1", "Input", "OK"}, nil
}

func (s *Speaker) sinkProtocolInfo() string {
	if s.options.Quirks.NoSink || s.options.Quirks.NoSinkCall {
		return ""
	}
	return strings.Join(s.options.Sinks, ",")
}

func (s *Speaker) connectionVariables() []device.Variable {
	return []device.Variable{
		{Name: "SourceProtocolInfo", Value: ""},
		{Name: "SinkProtocolInfo", Value: s.sinkProtocolInfo()},
		{Name: "CurrentConnectionIDs", Value: "0"},
	}
}
