package raop

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// The session description of an ANNOUNCE (RFC 4566, as far as RAOP senders use
// it).

const (
	maxSDPBytes    = 64 << 10
	maxSDPLines    = 128
	maxFrameLength = 16384 // frames per packet
	minSampleRate  = 8000
	maxSampleRate  = 48000
	maxLatency     = 60 * maxSampleRate // frames; far beyond any sender
)

// An announcement is the content of an SDP body.
type announcement struct {
	params     StreamParams
	clientName string // i= line
	wrappedKey []byte // rsaaeskey; nil when the sound is not encrypted
	iv         []byte // aesiv
}

// sdpLines are the attribute values that matter, by name.
type sdpLines struct {
	payloadType                        string
	rtpmap, fmtp                       string // without the payload type
	rsaaeskey, aesiv, fpaeskey         string
	minLatency, maxLatency, clientName string
}

// parseSDP reads the body of an ANNOUNCE. Lines end in CRLF or LF or with the
// body; unknown ones are skipped. The codec is decided by rtpmap alone: some
// senders write an ALAC fmtp line and send L16.
func parseSDP(body []byte) (announcement, error) {
	if len(body) > maxSDPBytes {
		return announcement{}, fmt.Errorf("%w: SDP of %d bytes", ErrMalformed, len(body))
	}
	lines, err := collectSDP(body)
	if err != nil {
		return announcement{}, err
	}
	params, err := lines.stream()
	if err != nil {
		return announcement{}, err
	}
	a := announcement{params: params, clientName: lines.clientName}
	if err := a.readKeys(lines); err != nil {
		return announcement{}, err
	}
	return a, nil
}

func collectSDP(body []byte) (sdpLines, error) {
	var lines sdpLines
	count := 0
	for line := range bytes.Lines(body) {
		if count++; count > maxSDPLines {
			return sdpLines{}, fmt.Errorf("%w: SDP with over %d lines", ErrMalformed, maxSDPLines)
		}
		kind, value, found := strings.Cut(strings.TrimSpace(string(line)), "=")
		if !found {
			continue // an empty or meaningless line
		}
		switch kind {
		case "i":
			lines.clientName = cleanText(value)
		case "m":
			lines.media(value)
		case "a":
			lines.attribute(value)
		}
	}
	return lines, nil
}

// media stores the payload type of "audio 0 RTP/AVP 96".
func (l *sdpLines) media(value string) {
	fields := strings.Fields(value)
	if len(fields) >= 4 && fields[0] == "audio" && l.payloadType == "" {
		l.payloadType = fields[3]
	}
}

func (l *sdpLines) attribute(value string) {
	name, value, _ := strings.Cut(value, ":")
	value = strings.TrimSpace(value)
	switch name {
	case "rtpmap":
		l.mapped(&l.rtpmap, value)
	case "fmtp":
		l.mapped(&l.fmtp, value)
	case "rsaaeskey":
		l.rsaaeskey = value
	case "aesiv":
		l.aesiv = value
	case "fpaeskey":
		l.fpaeskey = value
	case "min-latency":
		l.minLatency = value
	case "max-latency":
		l.maxLatency = value
	}
}

// mapped stores "96 AppleLossless" without its payload type, if that is the
// one of the media line.
func (l *sdpLines) mapped(field *string, value string) {
	payloadType, rest, _ := strings.Cut(value, " ")
	if *field == "" && (l.payloadType == "" || payloadType == l.payloadType) {
		*field = strings.TrimSpace(rest)
	}
}

func (l *sdpLines) stream() (StreamParams, error) {
	params, err := l.codec()
	if err != nil {
		return StreamParams{}, err
	}
	if params.MinLatency, err = parseLatency(l.minLatency); err != nil {
		return StreamParams{}, err
	}
	if params.MaxLatency, err = parseLatency(l.maxLatency); err != nil {
		return StreamParams{}, err
	}
	return params, nil
}

// codec reads rtpmap: "AppleLossless" or "L16/44100/2".
func (l *sdpLines) codec() (StreamParams, error) {
	encoding, rest, _ := strings.Cut(l.rtpmap, "/")
	switch {
	case strings.EqualFold(encoding, ALAC.String()):
		return parseFmtp(l.fmtp)
	case strings.EqualFold(encoding, L16.String()):
		return parseL16(rest, l.fmtp)
	case l.rtpmap == "":
		return StreamParams{}, fmt.Errorf("%w: SDP without rtpmap", ErrMalformed)
	}
	return StreamParams{}, fmt.Errorf("%w: rtpmap %.40q", errCodec, l.rtpmap)
}

// fmtpFields are the numbers of an ALAC fmtp line, each with its default and its
// bounds.
var fmtpFields = [...]struct {
	name             string
	standard, lo, hi int
}{
	{"frame length", 352, 1, maxFrameLength},
	{"version", 0, 0, 0},
	{"bit depth", 16, 16, 24},
	{"pb", 40, 0, 255},
	{"mb", 10, 0, 255},
	{"kb", 14, 0, 255},
	{"channels", 2, 1, 2},
	{"max run", 255, 0, 65535},
	{"max frame bytes", 0, 0, 1 << 30},
	{"bit rate", 0, 0, 1 << 30},
	{"sample rate", 44100, minSampleRate, maxSampleRate},
}

// parseFmtp reads "352 0 16 40 10 14 2 255 0 0 44100"; what is missing at the
// end has its usual value.
func parseFmtp(fmtp string) (StreamParams, error) {
	var v [len(fmtpFields)]int
	given := strings.Fields(fmtp)
	for i, field := range fmtpFields {
		v[i] = field.standard
		if i >= len(given) {
			continue
		}
		n, err := strconv.Atoi(given[i])
		if err != nil || n < field.lo || n > field.hi {
			return StreamParams{}, fmt.Errorf("%w: fmtp: %s %.20q, want %d to %d",
				ErrMalformed, field.name, given[i], field.lo, field.hi)
		}
		v[i] = n
	}
	if depth := v[2]; depth != 16 && depth != 24 {
		return StreamParams{}, fmt.Errorf("%w: %d-bit ALAC", errCodec, depth)
	}
	return StreamParams{
		Codec:       ALAC,
		Format:      audio.Format{SampleRate: v[10], Channels: v[6], BitDepth: v[2]},
		FrameLength: v[0],
		ALAC:        ALACParams{PB: v[3], MB: v[4], KB: v[5], MaxRun: v[7]},
	}, nil
}

// parseL16 reads the "44100/2" of rtpmap. Of an fmtp line, which has no meaning for
// L16, only the frame length is used.
func parseL16(rateAndChannels, fmtp string) (StreamParams, error) {
	format := audio.CD
	rate, channels, _ := strings.Cut(rateAndChannels, "/")
	if err := override(&format.SampleRate, rate, minSampleRate, maxSampleRate); err != nil {
		return StreamParams{}, err
	}
	if err := override(&format.Channels, channels, 1, 2); err != nil {
		return StreamParams{}, err
	}
	params := StreamParams{Codec: L16, Format: format, FrameLength: fmtpFields[0].standard}
	first, _, _ := strings.Cut(fmtp, " ")
	if err := override(&params.FrameLength, first, 1, maxFrameLength); err != nil {
		return StreamParams{}, err
	}
	return params, nil
}

// override sets n to text, if there is one.
func override(n *int, text string, lo, hi int) error {
	if text == "" {
		return nil
	}
	value, err := strconv.Atoi(text)
	if err != nil || value < lo || value > hi {
		return fmt.Errorf("%w: L16 with %.20q, want %d to %d", ErrMalformed, text, lo, hi)
	}
	*n = value
	return nil
}

// parseLatency reads a number of frames; 0 if it is missing.
func parseLatency(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	frames, err := strconv.Atoi(text)
	if err != nil || frames < 0 || frames > maxLatency {
		return 0, fmt.Errorf("%w: latency %.20q", ErrMalformed, text)
	}
	return frames, nil
}

// readKeys reads the wrapped AES key and the initial vector: both or neither.
func (a *announcement) readKeys(l sdpLines) error {
	if l.fpaeskey != "" {
		return fmt.Errorf("%w: FairPlay", errEncryption)
	}
	if (l.rsaaeskey == "") != (l.aesiv == "") {
		return fmt.Errorf("%w: only one of rsaaeskey and aesiv", errEncryption)
	}
	if l.rsaaeskey == "" {
		return nil
	}
	key, err := decodeBase64(l.rsaaeskey)
	if err != nil {
		return fmt.Errorf("%w: rsaaeskey: %w", errEncryption, err)
	}
	iv, err := decodeBase64(l.aesiv)
	if err != nil {
		return fmt.Errorf("%w: aesiv: %w", errEncryption, err)
	}
	a.wrappedKey, a.iv = key, iv
	a.params.Encrypted = true
	return nil
}
