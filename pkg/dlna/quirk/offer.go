package quirk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/media"
)

// An Offer is how protocolInfo describes a stream.
type Offer struct {
	Codec    audio.Codec
	MIME     string // "audio/flac"
	Features string // "DLNA.ORG_PN=MP3;...", "*" for none
}

// maxSpellings bounds how many spellings of one codec are tried.
const maxSpellings = 2

// codecs are all codecs that can be offered: lossless before lossy, small before
// large.
var codecs = []audio.Codec{audio.FLAC, audio.WAV, audio.L16, audio.MP3}

// codecsForUnknownSink is the order for a renderer that does not list what it
// plays: nearly all play WAV, and the DLNA guidelines require MP3.
var codecsForUnknownSink = []audio.Codec{audio.WAV, audio.FLAC, audio.MP3, audio.L16}

// spellings are the MIME types of each codec, the usual one first.
var spellings = map[audio.Codec][]string{
	audio.FLAC: {"audio/flac", "audio/x-flac", "application/flac", "application/x-flac"},
	audio.WAV:  {"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-pn-wav"},
	audio.L16:  {"audio/L16", "audio/x-l16"},
	audio.MP3:  {"audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/mpeg3", "audio/x-mpeg"},
}

// liveFeatures: no seeking, not converted, a live source that plays in the background
// (DLNA flags S0 and SN increase, streaming, background, 1.5).
const liveFeatures = "DLNA.ORG_OP=00;DLNA.ORG_CI=0;DLNA.ORG_FLAGS=0d500000000000000000000000000000"

// noFeatures is an empty fourth field.
const noFeatures = "*"

// usualFeatures includes the DLNA profile if there is one: for MP3 and L16.
func usualFeatures(c audio.Codec) string {
	switch c {
	case audio.MP3:
		return "DLNA.ORG_PN=MP3;" + liveFeatures
	case audio.L16:
		return "DLNA.ORG_PN=LPCM;" + liveFeatures
	default:
		return liveFeatures
	}
}

// Offers are the entries of a Sink that we can serve, each MIME type once and
// spelled as in the Sink, in its order. A wildcard offers every codec.
func Offers(sink []media.ProtocolInfo) []Offer {
	var all []Offer
	add := func(c audio.Codec, mime string) {
		o := Offer{c, mime, usualFeatures(c)}
		if !slices.Contains(all, o) {
			all = append(all, o)
		}
	}
	for _, p := range sink {
		if p.Protocol != "*" && !strings.EqualFold(p.Protocol, "http-get") {
			continue
		}
		if p.MIME == "*" || p.MIME == "*/*" || strings.EqualFold(p.MIME, "audio/*") {
			for _, c := range codecs {
				add(c, withRate(spellings[c][0], c))
			}
			continue
		}
		if c := codecOf(p.MIME); c != audio.CodecUnknown {
			add(c, withRate(p.MIME, c))
		}
	}
	return all
}

// codecOf is the codec of a MIME type; unknown for L16 with another rate or number of
// channels than ours.
func codecOf(mime string) audio.Codec {
	kind, params, _ := strings.Cut(mime, ";")
	kind = strings.TrimSpace(kind)
	for _, c := range codecs {
		for _, spelling := range spellings[c] {
			if strings.EqualFold(kind, spelling) && (c != audio.L16 || ourRate(params)) {
				return c
			}
		}
	}
	return audio.CodecUnknown
}

// ourRate reports whether the parameters of an L16 type (RFC 2586), where it
// has any, are those of audio.CD.
func ourRate(params string) bool {
	for param := range strings.SplitSeq(strings.ToLower(params), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if name == "rate" && value != strconv.Itoa(audio.CD.SampleRate) ||
			name == "channels" && value != strconv.Itoa(audio.CD.Channels) {
			return false
		}
	}
	return true
}

// withRate completes an L16 type without a rate, which is mandatory (RFC 2586 section
// 3).
func withRate(mime string, c audio.Codec) string {
	if c != audio.L16 || strings.Contains(strings.ToLower(mime), "rate=") {
		return mime
	}
	kind, _, _ := strings.Cut(mime, ";")
	return fmt.Sprintf("%s;rate=%d;channels=%d", strings.TrimSpace(kind), audio.CD.SampleRate, audio.CD.Channels)
}
