package speaker

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime"
	"strconv"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// A source gives the PCM inside a live HTTP body.
type source interface {
	format() audio.Format
	// read fills dst (whole frames) as far as the stream goes and gives the
	// number of frames; at the end of the stream they come with io.EOF.
	read(dst []int32) (frames int, err error)
}

// Rates that a source may claim: what UPnP speakers take.
const (
	minRate = 8000
	maxRate = 192000
)

// openSource tells the kind of stream by its first bytes, as most speakers do,
// and L16, which has no head, by contentType.
func openSource(r *bufio.Reader, contentType string) (audio.Codec, source, error) {
	codec, err := detectCodec(r, contentType)
	if err != nil {
		return codec, nil, err
	}
	var src source
	switch codec {
	case audio.FLAC:
		src, err = openFLAC(r)
	case audio.WAV:
		src, err = openWAV(r)
	case audio.MP3:
		src, err = openMP3(r)
	default:
		var f audio.Format
		f, err = parseL16(contentType)
		src = newPCM(r, f, true, endless)
	}
	return codec, src, err
}

func detectCodec(r *bufio.Reader, contentType string) (audio.Codec, error) {
	head, err := r.Peek(4)
	if err != nil {
		return audio.CodecUnknown, fmt.Errorf("read the stream's head: %w", err)
	}
	_, framed := parseMP3Header(head)
	kind, _, _ := mime.ParseMediaType(contentType) // "" where it is none
	switch {
	case string(head) == "fLaC":
		return audio.FLAC, nil
	case string(head) == "RIFF":
		return audio.WAV, nil
	case kind == "audio/l16":
		return audio.L16, nil
	case framed || kind == "audio/mpeg" || kind == "audio/mp3":
		return audio.MP3, nil
	}
	return audio.CodecUnknown, fmt.Errorf("neither WAV, FLAC, MP3 nor L16 (Content-Type %q)", contentType)
}

// parseL16 reads "audio/L16;rate=44100;channels=2" (RFC 2586). Rate and
// channels default to 44100 and, here, 2: mono is named by those who send it.
func parseL16(contentType string) (audio.Format, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.EqualFold(kind, "audio/l16") {
		return audio.Format{}, fmt.Errorf("L16: Content-Type %q", contentType)
	}
	f := audio.CD
	for name, field := range map[string]*int{"rate": &f.SampleRate, "channels": &f.Channels} {
		if text, ok := params[name]; ok {
			if *field, err = strconv.Atoi(text); err != nil {
				return audio.Format{}, fmt.Errorf("L16: %s: %w", name, err)
			}
		}
	}
	return f, checkFormat(f)
}

func checkFormat(f audio.Format) error {
	switch {
	case f.SampleRate < minRate || f.SampleRate > maxRate:
		return fmt.Errorf("sample rate %d is not in %d..%d", f.SampleRate, minRate, maxRate)
	case f.Channels < 1 || f.Channels > 2:
		return fmt.Errorf("%d channels: only mono and stereo are played", f.Channels)
	case f.BitDepth != 16 && f.BitDepth != 24:
		return fmt.Errorf("%d bits a sample: only 16 and 24 are played", f.BitDepth)
	}
	return nil
}

// endless is the length of data that ends with its connection.
const endless = -1

// pcm is packed linear PCM.
type pcm struct {
	r         io.Reader
	f         audio.Format
	bigEndian bool
	packed    []byte
}

func newPCM(r io.Reader, f audio.Format, bigEndian bool, length int64) *pcm {
	if length != endless {
		r = io.LimitReader(r, length)
	}
	return &pcm{r: r, f: f, bigEndian: bigEndian}
}

func (p *pcm) format() audio.Format { return p.f }

func (p *pcm) read(dst []int32) (int, error) {
	sampleBytes := p.f.BitDepth / 8
	frameBytes := p.f.FrameBytes()
	size := sampleBytes * len(dst)
	if size > len(p.packed) {
		p.packed = make([]byte, size)
	}
	n, err := io.ReadFull(p.r, p.packed[:size])
	frames := n / frameBytes
	for i := range frames * p.f.Channels {
		dst[i] = p.sample(p.packed[i*sampleBytes : (i+1)*sampleBytes])
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	if errors.Is(err, io.EOF) && n%frameBytes != 0 {
		err = errors.New("the stream ends inside a frame")
	}
	return frames, err
}

func (p *pcm) sample(b []byte) int32 {
	var v int32
	for i := range b {
		if p.bigEndian {
			v = v<<8 | int32(b[i])
		} else {
			v |= int32(b[i]) << (8 * i)
		}
	}
	unused := 32 - 8*len(b)
	return v << unused >> unused
}
