package raop

import (
	"errors"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	sdpHead = "v=0\r\no=iTunes 922118110 0 IN IP4 127.0.0.1\r\ns=iTunes\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 0 RTP/AVP 96\r\n"
	sdpALAC = sdpHead + "a=rtpmap:96 AppleLossless\r\n"
	sdpFmtp = "a=fmtp:96 352 0 16 40 10 14 2 255 0 0 44100\r\n"
	sdpKeys = "a=rsaaeskey:" + airtunesWrapped + "\r\na=aesiv:ePRBLI0XN5ArFaaz7ncNZw\r\n"
)

func cdALAC() StreamParams {
	return StreamParams{Codec: ALAC, Format: audio.CD, FrameLength: 352, ALAC: ALACParams{PB: 40, MB: 10, KB: 14, MaxRun: 255}}
}

func TestParseSDP(t *testing.T) {
	cd := cdALAC()
	with := func(change func(*StreamParams)) StreamParams {
		p := cd
		change(&p)
		return p
	}
	l16 := StreamParams{Codec: L16, Format: audio.CD, FrameLength: 352}
	for _, test := range []struct {
		name, body string
		want       StreamParams
	}{
		{"PulseAudio", sdpALAC + sdpFmtp, cd},
		{"encrypted, unpadded", sdpALAC + sdpFmtp + sdpKeys, with(func(p *StreamParams) { p.Encrypted = true })},
		{"LF, no end of the last line", strings.ReplaceAll(sdpALAC+sdpFmtp, "\r\n", "\n") + "a=min-latency:22050",
			with(func(p *StreamParams) { p.MinLatency = 22050 })},
		{"both latencies", sdpALAC + sdpFmtp + "a=min-latency:11025\r\na=max-latency:88200\r\n",
			with(func(p *StreamParams) { p.MinLatency, p.MaxLatency = 11025, 88200 })},
		{"no fmtp", sdpALAC, cd},
		{"short fmtp", sdpALAC + "a=fmtp:96 4096 0 24\r\n",
			with(func(p *StreamParams) { p.FrameLength, p.Format.BitDepth = 4096, 24 })},
		{"long fmtp", sdpALAC + "a=fmtp:96 352 0 16 40 10 14 1 255 0 0 48000 7 8\r\n",
			with(func(p *StreamParams) { p.Format.Channels, p.Format.SampleRate = 1, 48000 })},
		{"L16", sdpHead + "a=rtpmap:96 L16/44100/2\r\n", l16},
		{"L16 with an ALAC fmtp", sdpHead + "a=rtpmap:96 L16/44100/2\r\n" + sdpFmtp, l16},
		{"L16 without rate", sdpHead + "a=rtpmap:96 L16\r\n", l16},
		{"another payload's rtpmap first", sdpHead + "a=rtpmap:97 mpeg4-generic\r\na=rtpmap:96 AppleLossless\r\n", cd},
		{"no media line", "a=rtpmap:96 AppleLossless\r\n", cd},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseSDP([]byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if got.params != test.want {
				t.Errorf("want %+v\ngot  %+v", test.want, got.params)
			}
			if test.want.Encrypted != (len(got.wrappedKey) == 256 && len(got.iv) == 16) {
				t.Errorf("key of %d bytes, vector of %d", len(got.wrappedKey), len(got.iv))
			}
		})
	}
}

func TestParseSDPClientName(t *testing.T) {
	got, err := parseSDP([]byte("i=Joe's \U0001F4F1\r\n" + sdpALAC))
	if want := "Joe's \U0001F4F1"; err != nil || got.clientName != want {
		t.Errorf("want %q, got %q, %v", want, got.clientName, err)
	}
}

func TestParseSDPRefuses(t *testing.T) {
	for _, test := range []struct {
		name, body string
		want       error
	}{
		{"empty", "", ErrMalformed},
		{"no rtpmap", sdpHead, ErrMalformed},
		{"rtpmap of another payload", sdpHead + "a=rtpmap:97 AppleLossless\r\n", ErrMalformed},
		{"AAC", sdpHead + "a=rtpmap:96 mpeg4-generic/44100/2\r\n", errCodec},
		{"frame length 0", sdpALAC + "a=fmtp:96 0\r\n", ErrMalformed},
		{"frame length beyond", sdpALAC + "a=fmtp:96 16385\r\n", ErrMalformed},
		{"20 bit", sdpALAC + "a=fmtp:96 352 0 20\r\n", errCodec},
		{"three channels", sdpALAC + "a=fmtp:96 352 0 16 40 10 14 3\r\n", ErrMalformed},
		{"no number", sdpALAC + "a=fmtp:96 352 0 16 forty\r\n", ErrMalformed},
		{"number beyond int", sdpALAC + "a=fmtp:96 99999999999999999999\r\n", ErrMalformed},
		{"rate 0", sdpHead + "a=rtpmap:96 L16/0/2\r\n", ErrMalformed},
		{"six channels L16", sdpHead + "a=rtpmap:96 L16/44100/6\r\n", ErrMalformed},
		{"negative latency", sdpALAC + "a=min-latency:-1\r\n", ErrMalformed},
		{"key without vector", sdpALAC + "a=rsaaeskey:AAAA\r\n", errEncryption},
		{"vector without key", sdpALAC + "a=aesiv:AAAA\r\n", errEncryption},
		{"key not base64", sdpALAC + "a=rsaaeskey:!\r\na=aesiv:AAAA\r\n", errEncryption},
		{"FairPlay", sdpALAC + "a=fpaeskey:AAAA\r\n", errEncryption},
		{"too many lines", sdpALAC + strings.Repeat("x=y\n", maxSDPLines), ErrMalformed},
		{"too long", sdpALAC + strings.Repeat("x", maxSDPBytes), ErrMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := parseSDP([]byte(test.body)); !errors.Is(err, test.want) {
				t.Errorf("want %v, got %v", test.want, err)
			}
		})
	}
}

func TestParseSDPTruncated(t *testing.T) {
	whole := sdpALAC + sdpFmtp + sdpKeys
	for n := range len(whole) {
		checkSDP(t, []byte(whole[:n]))
	}
}

// checkSDP tests what must hold for any body.
func checkSDP(t *testing.T, body []byte) {
	t.Helper()
	a, err := parseSDP(body)
	if err != nil {
		return
	}
	p := a.params
	if p.FrameLength < 1 || p.FrameLength > maxFrameLength || p.Format.Channels < 1 || p.Format.Channels > 2 ||
		p.Format.SampleRate < minSampleRate || p.Format.SampleRate > maxSampleRate {
		t.Errorf("%q: out of bounds: %+v", body, p)
	}
	if p.Encrypted != (a.wrappedKey != nil) {
		t.Errorf("%q: encrypted %v with a key of %d bytes", body, p.Encrypted, len(a.wrappedKey))
	}
}

func FuzzParseSDP(f *testing.F) {
	f.Add([]byte(sdpALAC + sdpFmtp + sdpKeys))
	f.Add([]byte(sdpHead + "a=rtpmap:96 L16/44100/2\na=fmtp:96 352"))
	f.Fuzz(func(t *testing.T, body []byte) { checkSDP(t, body) })
}
