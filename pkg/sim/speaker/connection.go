package speaker

import "strings"

func (s *Speaker) connectionActions() map[string]handler {
	return map[string]handler{
		"GetProtocolInfo":          s.getProtocolInfo,
		"GetCurrentConnectionIDs":  fixed("0"),
		"GetCurrentConnectionInfo": s.getCurrentConnectionInfo,
	}
}

func (s *Speaker) getProtocolInfo(map[string]string) ([]string, *fault) {
	if s.options.Quirks.NoSinkCall {
		return nil, errInvalidAction
	}
	return []string{"", s.sinkProtocolInfo()}, nil
}

// getCurrentConnectionInfo tells of connection 0, the only one: control points
// do not prepare connections of their own here.
func (s *Speaker) getCurrentConnectionInfo(in map[string]string) ([]string, *fault) {
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

func (s *Speaker) connectionVariables() []variable {
	return []variable{
		{name: "SourceProtocolInfo", value: ""},
		{name: "SinkProtocolInfo", value: s.sinkProtocolInfo()},
		{name: "CurrentConnectionIDs", value: "0"},
	}
}
