package media

import "strings"

// A ProtocolInfo is one way to get content across (ConnectionManager:1
// section 2.5.2): "http-get:*:audio/mpeg:DLNA.ORG_PN=MP3".
type ProtocolInfo struct {
	Protocol string // "http-get"
	Network  string // "*"
	MIME     string // content format, for http-get a MIME type with its parameters
	Features string // additional info, DLNA's fourth field; "*" for none
}

// String joins the four fields.
func (p ProtocolInfo) String() string {
	return p.Protocol + ":" + p.Network + ":" + p.MIME + ":" + p.Features
}

// maxSinkEntries bounds a Sink; televisions list some 300.
const maxSinkEntries = 2048

// ParseProtocols reads the Sink of GetProtocolInfo: entries with commas
// between, a comma inside an entry written "\,". Malformed entries are left
// out.
func ParseProtocols(sink string) []ProtocolInfo {
	var all []ProtocolInfo
	for _, entry := range splitEscaped(sink) {
		fields := strings.SplitN(strings.TrimSpace(entry), ":", 4)
		if len(fields) < 3 || fields[2] == "" {
			continue
		}
		p := ProtocolInfo{Protocol: fields[0], Network: fields[1], MIME: strings.TrimSpace(fields[2]), Features: "*"}
		if len(fields) == 4 && fields[3] != "" {
			p.Features = fields[3]
		}
		if all = append(all, p); len(all) == maxSinkEntries {
			break
		}
	}
	return all
}

// splitEscaped cuts s at commas that have no backslash before them.
func splitEscaped(s string) []string {
	var entries []string
	var entry strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == ',' || s[i+1] == '\\'):
			i++
			entry.WriteByte(s[i])
		case s[i] == ',':
			entries = append(entries, entry.String())
			entry.Reset()
		default:
			entry.WriteByte(s[i])
		}
	}
	return append(entries, entry.String())
}
