package renderer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

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
// between, a comma inside an entry written "\,". Entries that are none are
// left out.
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

// mimeTypes are the spellings of each codec, the usual one first.
var mimeTypes = map[audio.Codec][]string{
	audio.FLAC: {"audio/flac", "audio/x-flac", "application/flac", "application/x-flac"},
	audio.WAV:  {"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-pn-wav"},
	audio.L16:  {"audio/l16", "audio/x-l16"},
	audio.MP3:  {"audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/mpeg3", "audio/x-mpeg"},
}

// defaultOrder is what a renderer is asked to take when nobody has wishes:
// lossless before lossy, small before large.
var defaultOrder = []audio.Codec{audio.FLAC, audio.WAV, audio.L16, audio.MP3}

// liveFeatures says: no seeking, not converted, a live source that plays in
// the background (DLNA flags S0 and SN increase, streaming, background, 1.5).
const liveFeatures = "DLNA.ORG_OP=00;DLNA.ORG_CI=0;DLNA.ORG_FLAGS=0d500000000000000000000000000000"

// Choose picks the first codec of wanted (nil: FLAC, WAV, L16, MP3) that the
// Sink lists, and the protocolInfo to offer it with: the MIME type spelled as
// the Sink does, DLNA's flags for a live stream.
//
// Where the Sink lists none of them it tells nothing, since many lists are
// empty or wrong: then it is WAV, which most take, or else the first wanted.
// L16 is meant at the rate of audio.CD, the only one of AirPlay 1.
func Choose(sink []ProtocolInfo, wanted []audio.Codec) (audio.Codec, ProtocolInfo) {
	if len(wanted) == 0 {
		wanted = defaultOrder
	}
	for _, codec := range wanted {
		if mime, ok := findMIME(sink, codec); ok {
			return codec, offer(codec, mime)
		}
	}
	codec := wanted[0]
	if slices.Contains(wanted, audio.WAV) {
		codec = audio.WAV
	}
	return codec, offer(codec, usualMIME(codec))
}

// findMIME looks for codec in the Sink: its usual spelling first, then the
// others, then a wildcard.
func findMIME(sink []ProtocolInfo, codec audio.Codec) (string, bool) {
	for _, spelling := range mimeTypes[codec] {
		for _, p := range sink {
			if p.overHTTP() && sameMIME(p.MIME, spelling, codec) {
				return withRate(p.MIME, codec), true
			}
		}
	}
	for _, p := range sink {
		if p.overHTTP() && (p.MIME == "*" || p.MIME == "*/*" || strings.EqualFold(p.MIME, "audio/*")) {
			return usualMIME(codec), true
		}
	}
	return "", false
}

func (p ProtocolInfo) overHTTP() bool {
	return p.Protocol == "*" || strings.EqualFold(p.Protocol, "http-get")
}

// sameMIME reports whether mime is spelling, and for L16 of our rate and
// channels where it names them.
func sameMIME(mime, spelling string, codec audio.Codec) bool {
	kind, params, _ := strings.Cut(mime, ";")
	if !strings.EqualFold(strings.TrimSpace(kind), spelling) {
		return false
	}
	if codec != audio.L16 {
		return true
	}
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		switch strings.ToLower(name) {
		case "rate":
			if value != strconv.Itoa(audio.CD.SampleRate) {
				return false
			}
		case "channels":
			if value != strconv.Itoa(audio.CD.Channels) {
				return false
			}
		}
	}
	return true
}

// withRate completes an L16 type that names no rate: without one nobody can
// play it (RFC 3551 section 4.5.11).
func withRate(mime string, codec audio.Codec) string {
	if codec != audio.L16 || strings.Contains(strings.ToLower(mime), "rate=") {
		return mime
	}
	kind, _, _ := strings.Cut(mime, ";")
	return fmt.Sprintf("%s;rate=%d;channels=%d", strings.TrimSpace(kind), audio.CD.SampleRate, audio.CD.Channels)
}

func usualMIME(codec audio.Codec) string {
	if codec == audio.L16 {
		return withRate("audio/L16", codec)
	}
	return mimeTypes[codec][0]
}

// offer is what we say about our stream. Only MP3 and L16 have a DLNA profile.
func offer(codec audio.Codec, mime string) ProtocolInfo {
	features := liveFeatures
	switch codec {
	case audio.MP3:
		features = "DLNA.ORG_PN=MP3;" + features
	case audio.L16:
		features = "DLNA.ORG_PN=LPCM;" + features
	}
	return ProtocolInfo{Protocol: "http-get", Network: "*", MIME: mime, Features: features}
}
