package speaker

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// maxResync is how many bytes that are no MP3 frame are skipped before the
// stream counts as broken.
const maxResync = 64 << 10

// mp3Source reads MPEG Layer III frame by frame (ISO 11172-3 section 2.4.1, for
// low rates ISO 13818-3). It does not decode: it gives silence as long as the
// frames are, so that pace, position and number of frames are true and the
// samples are not.
type mp3Source struct {
	r      *bufio.Reader
	f      audio.Format
	frames int // of the frame under way, not yet given
}

// An mp3Header is what a frame's first four bytes say.
//
//	AAAAAAAA AAABBCCD EEEEFFGH IIJJKLMM
//	A sync, B version, C layer, E bit rate, F sample rate, G padding, I mode
type mp3Header struct {
	bytes    int // of the whole frame
	frames   int // of sound
	rate     int
	channels int
}

const mp3HeaderBytes = 4

// Bit rates of Layer III in kbit/s, by their index; 0 for those not allowed.
var (
	mp3BitRates  = [16]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0} // MPEG-1
	mp3LowRates  = [16]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}     // MPEG-2 and 2.5
	mp3Rates     = [4]int{44100, 48000, 32000, 0}                                               // MPEG-1
	mp3RateShift = [4]int{2, 0, 1, 0}                                                           // by version: 2.5, none, 2, 1
)

func parseMP3Header(b []byte) (mp3Header, bool) {
	const versionNone, version1, layer3, modeMono = 1, 3, 1, 3
	if len(b) < mp3HeaderBytes || b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return mp3Header{}, false
	}
	version, layer := b[1]>>3&3, b[1]>>1&3
	bitRate, rate := mp3BitRates[b[2]>>4], mp3Rates[b[2]>>2&3]>>mp3RateShift[version]
	h := mp3Header{frames: 1152, rate: rate, channels: 2}
	if version != version1 {
		h.frames, bitRate = 576, mp3LowRates[b[2]>>4]
	}
	if version == versionNone || layer != layer3 || bitRate == 0 || rate == 0 {
		return mp3Header{}, false
	}
	if b[3]>>6 == modeMono {
		h.channels = 1
	}
	h.bytes = h.frames/8*bitRate*1000/rate + int(b[2]>>1&1)
	return h, true
}

func openMP3(r *bufio.Reader) (source, error) {
	s := &mp3Source{r: r}
	h, err := s.sync()
	if err != nil {
		return nil, err
	}
	s.f = audio.Format{SampleRate: h.rate, Channels: h.channels, BitDepth: 16}
	return s, nil
}

func (s *mp3Source) format() audio.Format { return s.f }

// sync goes to the next header and leaves it unread.
func (s *mp3Source) sync() (mp3Header, error) {
	for range maxResync {
		b, err := s.r.Peek(mp3HeaderBytes)
		if err != nil {
			return mp3Header{}, err
		}
		if h, ok := parseMP3Header(b); ok && (s.f == audio.Format{} || h.rate == s.f.SampleRate && h.channels == s.f.Channels) {
			return h, nil
		}
		if _, err := s.r.Discard(1); err != nil {
			return mp3Header{}, err
		}
	}
	return mp3Header{}, fmt.Errorf("mp3: no frame in %d bytes", maxResync)
}

func (s *mp3Source) read(dst []int32) (int, error) {
	if s.frames == 0 {
		h, err := s.sync()
		if err != nil {
			return 0, err
		}
		if _, err := s.r.Discard(h.bytes); errors.Is(err, io.EOF) {
			return 0, errors.New("mp3: the stream ends inside a frame")
		} else if err != nil {
			return 0, err
		}
		s.frames = h.frames
	}
	n := min(s.frames, len(dst)/s.f.Channels)
	clear(dst[:n*s.f.Channels])
	s.frames -= n
	return n, nil
}
