// Package mp3 encodes a live MP3 stream: MPEG-1 Layer III at a constant bitrate
// (ISO/IEC 11172-3:1993; clauses, tables and figures below are of that text).
//
//	PCM ──> polyphase filterbank ──> attacks? ──> MDCT ──> middle/side? ──┐
//	 │      C.1.3, polyphase.go      attack.go    C.1.5.3.3   stereo.go     │
//	 │      32 subbands of 18        block.go     mdct.go                   │
//	 │                                            576 lines                 v
//	 └──> FFT ──> what the ear does not notice ──> bits for it ──> rate loop
//	      fft.go  D.2, psycho.go, shortmask.go     budget.go       C.1.5.4, rate.go
//	              noise allowed in each band                         │     ^
//	                                                                 v     │
//	 frame <── reservoir <── side information <── Huffman code <── quantiser
//	 2.4.1     2.4.3.4.2     2.4.1.7, header.go    2.4.2.7, B.7     scalefactors.go
//	 header.go reservoir.go                       divide.go,       quantise.go
//	                                              huffman.go
//
// The rate loop differs from the one in the text: it solves for the steps of all
// bands at once so that noise is in proportion to what is allowed, and then looks
// for the one offset of all steps that fits. It quantises a granule of a channel
// at most 42 times, usually 5 to 7 times (rate.go has the bound).
//
// Signals are computed in float32, half the memory of float64 and quicker on
// armv7; the tests hold the filterbanks to within 1e-5 of the formulas. Tables are
// made in float64 at start.
//
// The stream has no tag in front, and a decoder may join at any frame. It drops
// at most two frames, until the reservoir no longer reaches back to before. The
// first sample of PCM comes out of a decoder 1633 frames of PCM late.
//
// Left out: MPEG-2 and 2.5 (rates below 32 kHz), other bitrates, CRC, intensity
// stereo, mixed blocks, scalefactors shared by granules (scfsi).
package mp3

import "fmt"

// Shape of a frame: two granules of every channel.
const (
	granuleCount = 2
	frameLength  = granuleCount * lineCount
	maxChannels  = 2
)

// maxPart23Bits is the largest part2_3_length that its 12 bits can encode.
const maxPart23Bits = 4095

// Config says what goes in and how much comes out.
type Config struct {
	SampleRate  int // Hz: 32000, 44100 or 48000
	Channels    int // 1 or 2
	BitrateKbps int // kbit/s of the whole stream: 128, 192, 256 or 320
}

// An Encoder turns PCM into frames. It is not safe for concurrent use.
type Encoder struct {
	header   header
	padding  padding
	edges    bandEdges
	long     layout
	short    layout
	cutoff   int // subbands from here on are not coded
	channels []channel
	pending  int // frames of PCM that wait for a whole frame

	listener   listener
	shortModel *shortModel
	block      blockType
	spectra    [shortWindows][lineCount / shortWindows]float32

	frame         [granuleCount][]granule
	turned        [granuleCount][maxChannels][lineCount]float32 // middle and side
	turnedAllowed [granuleCount][maxBands]float32
	turnedDemand  [granuleCount][maxChannels]float32

	budget    budget
	reservoir reservoir
	main      bitWriter
	prefix    bitWriter
}

// Positions in a channel's memory. Of four granules, the first is there for the
// overlap of the MDCT, the next two are coded, and the last is known so that a
// coming attack is. A granule's MDCT is centred 240 PCM frames before its first,
// by the delay of the polyphase filterbank, and so is what the ear hears.
const (
	heldGranules  = 2
	earFrom       = 16
	historyFrames = earFrom + 240 + fftSize/2
	firstGranule  = historyFrames - lineCount
	newFrom       = firstGranule + heldGranules*lineCount
	pcmFrames     = newFrom + frameLength
)

// A channel is what the encoder remembers of one channel.
type channel struct {
	pcm      [pcmFrames]float32 // 1 is full scale
	bands    [heldGranules + granuleCount]subbandSamples
	attacks  [heldGranules + granuleCount]attacks
	watcher  watcher
	shortEar shortEar
	rate     *rateLoop
}

// NewEncoder makes an encoder.
func NewEncoder(c Config) (*Encoder, error) {
	rateCode, knownRate := rateCodes[c.SampleRate]
	bitrateCode, knownBitrate := bitrateCodes[c.BitrateKbps]
	switch {
	case !knownRate:
		return nil, fmt.Errorf("mp3: no sample rate of %d Hz in MPEG-1", c.SampleRate)
	case !knownBitrate:
		return nil, fmt.Errorf("mp3: bitrate of %d kbit/s is none of 128, 192, 256, 320", c.BitrateKbps)
	case c.Channels != 1 && c.Channels != maxChannels:
		return nil, fmt.Errorf("mp3: %d channels are neither mono nor stereo", c.Channels)
	}
	e := &Encoder{
		header:   header{bitrateCode: bitrateCode, rateCode: rateCode, stereo: c.Channels == maxChannels},
		padding:  newPadding(c),
		edges:    bandEdgesOf[c.SampleRate],
		cutoff:   cutoffSubband(c),
		channels: make([]channel, c.Channels),
		budget:   newBudget(),
	}
	e.long, e.short = newLayouts(&e.edges)
	e.listener.model = newPsychoModel(c.SampleRate, &e.long)
	e.shortModel = newShortModel(c.SampleRate, &e.edges)
	for i := range e.channels {
		e.channels[i].rate = newRateLoop()
	}
	for i := range e.frame {
		e.frame[i] = make([]granule, c.Channels)
	}
	e.reservoir.data = make([]byte, 0, mainDataBuffer)
	e.main.buf = make([]byte, 0, mainDataBuffer)
	e.prefix.buf = make([]byte, 0, maxPrefixBytes)
	return e, nil
}

// cutoffSubband is where the bits of a bitrate are better spent below. To cut
// here and not in the lines of the MDCT leaves no echoes in time.
func cutoffSubband(c Config) int {
	hz := map[int]int{128: 16500, 192: 19000, 256: 20000, 320: 20500}[c.BitrateKbps]
	return min(subbandCount, hz*2*subbandCount/c.SampleRate+1)
}

// FrameLength is the number of PCM frames in an MP3 frame.
func (e *Encoder) FrameLength() int {
	return frameLength
}

// Encode takes interleaved samples of 16 bits, any number of whole PCM frames,
// and appends the MP3 frames that are complete to dst. PCM that fills no whole
// frame is kept for the next call. Samples outside of 16 bits are clipped.
func (e *Encoder) Encode(dst []byte, pcm []int32) []byte {
	count := len(e.channels)
	for len(pcm) >= count {
		n := min(len(pcm)/count, frameLength-e.pending)
		for ch := range e.channels {
			e.channels[ch].take(e.pending, pcm[:n*count], ch, count)
		}
		pcm = pcm[n*count:]
		e.pending += n
		if e.pending == frameLength {
			dst = e.encodeFrame(dst)
			e.pending = 0
		}
	}
	return dst
}

// decoderTail is how many PCM frames must follow the last one until a decoder
// has put it out: the granule of look-ahead, the overlap of the MDCT, and both
// polyphase filterbanks.
const decoderTail = lineCount + lineCount + polyphaseTaps - 31

// Flush codes what is left, followed by silence, and appends the last frames to
// dst. The encoder has then ended.
func (e *Encoder) Flush(dst []byte) []byte {
	for left := e.pending + decoderTail; left > 0; left -= frameLength {
		for ch := range e.channels {
			clear(e.channels[ch].pcm[newFrom+e.pending:])
		}
		dst = e.encodeFrame(dst)
		e.pending = 0
	}
	return e.reservoir.flush(dst)
}

// take puts one channel of interleaved samples behind the pending ones.
func (c *channel) take(pending int, pcm []int32, ch, count int) {
	const fullScale = 1 << 15
	to := c.pcm[newFrom+pending:]
	for i := range len(pcm) / count {
		to[i] = float32(max(-fullScale, min(fullScale-1, pcm[i*count+ch]))) / fullScale
	}
}

// padding keeps the mean length of the frames at the bitrate (clause 2.4.3.1):
// a frame has 144 bitrate/rate bytes, and one more when the remainders add up.
type padding struct {
	bytes     int
	remainder int
	rate      int
	sum       int
}

func newPadding(c Config) padding {
	bits := frameLength / 8 * 1000 * c.BitrateKbps
	return padding{bytes: bits / c.SampleRate, remainder: bits % c.SampleRate, rate: c.SampleRate}
}

// next is the size of the next frame in bytes.
func (p *padding) next() (bytes int, padded bool) {
	p.sum += p.remainder
	if p.sum < p.rate {
		return p.bytes, false
	}
	p.sum -= p.rate
	return p.bytes + 1, true
}
