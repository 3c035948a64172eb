// Package alacenc makes ALAC packets for the software sender: the kind that
// Apple's senders send (adaptive predictor of order 4, adaptive Golomb code,
// escape when that does not help) and the plain kind of PulseAudio.
//
// The frame layout is the one of Apple's open reference (macosforge/alac). Left
// out: everything but 16-bit stereo, and the search for the best predictor -
// the packets are right and small enough, not the smallest.
package alacenc

import (
	"fmt"
	"slices"
)

// Parameters of the Golomb code, as every RAOP sender announces them in the
// fmtp line ("... 16 40 10 14 2 255 0 0 44100").
const (
	PB       = 40  // how fast the running mean follows
	MB       = 10  // where the running mean starts
	KB       = 14  // widest Golomb parameter in bits
	MaxRun   = 255 // announced, used by no decoder
	BitDepth = 16
	Channels = 2
)

// MaxFrameLength bounds the frames of a packet.
const MaxFrameLength = 16384

const (
	chanBits = BitDepth + 1 // a difference of two samples needs one bit more
	mixBits  = 2            // fixed point of the mid/side weight
	halfSide = 2            // weight 2/4: U is the middle of left and right
	pbFactor = 4            // quarters of PB
	tagPair  = 1            // element "channel pair"
	tagEnd   = 7            // element "end of packet"
)

// An Encoder turns blocks of PCM into packets. A packet stands by itself, so
// that a lost one harms no other; the encoder only remembers where its
// predictors stood, as a better start for the next packet.
type Encoder struct {
	frameLength int
	candidates  [2]candidate
	best        []byte // the smallest packet so far, kept to be reused
	trial       []byte
}

// A candidate is one way to join left and right, with its own predictors.
type candidate struct {
	mixRes     int32 // 0: left and right as they are; else weight of the side
	predictors [Channels]predictor
	residuals  [Channels][]int32
}

// New makes an encoder whose full packets hold frameLength frames.
func New(frameLength int) (*Encoder, error) {
	if frameLength < 1 || frameLength > MaxFrameLength {
		return nil, fmt.Errorf("alacenc: frame length %d is not in 1..%d", frameLength, MaxFrameLength)
	}
	e := &Encoder{frameLength: frameLength}
	e.candidates[1].mixRes = halfSide
	for i := range e.candidates {
		e.candidates[i].restart()
	}
	return e, nil
}

// Append appends one packet with the frames of pcm (interleaved, 16 bit, 1 to
// frameLength frames) to dst: the smallest of left/right, mid/side and escape.
func (e *Encoder) Append(dst []byte, pcm []int32) []byte {
	frames := len(pcm) / Channels
	e.best = e.appendEscape(e.best[:0], pcm)
	for i := range e.candidates {
		c := &e.candidates[i]
		if !c.predict(pcm, frames) {
			c.restart()
			continue
		}
		e.trial = e.appendPredicted(e.trial[:0], c, frames)
		if len(e.trial) < len(e.best) {
			e.best, e.trial = e.trial, e.best
		}
	}
	return append(dst, e.best...)
}

// AppendUncompressed appends one packet in the manner of PulseAudio: samples as
// they are, the count always written, and no end tag.
func AppendUncompressed(dst []byte, pcm []int32) []byte {
	w := bitWriter{buf: dst}
	writeHeader(&w, len(pcm)/Channels, true, true)
	writeSamples(&w, pcm)
	return w.finish()
}

// appendEscape writes the samples as they are: what noise comes down to.
func (e *Encoder) appendEscape(dst []byte, pcm []int32) []byte {
	w := bitWriter{buf: dst}
	frames := len(pcm) / Channels
	writeHeader(&w, frames, frames != e.frameLength, true)
	writeSamples(&w, pcm)
	w.write(tagEnd, 3)
	return w.finish()
}

// appendPredicted writes the residuals that c.predict left.
func (e *Encoder) appendPredicted(dst []byte, c *candidate, frames int) []byte {
	w := bitWriter{buf: dst}
	writeHeader(&w, frames, frames != e.frameLength, false)
	w.write(mixBits, 8)
	w.write(uint32(c.mixRes), 8)
	for i := range c.predictors {
		c.predictors[i].writeHeader(&w)
	}
	for _, r := range c.residuals {
		writeGolomb(&w, r)
	}
	w.write(tagEnd, 3)
	return w.finish()
}

// predict fills c.residuals; it reports false when a predictor left the range
// in which decoders agree.
func (c *candidate) predict(pcm []int32, frames int) bool {
	for ch := range c.residuals {
		signal := slices.Grow(c.residuals[ch][:0], frames)[:frames]
		c.mix(signal, pcm, ch)
		if !c.predictors[ch].residuals(signal) {
			return false
		}
		c.residuals[ch] = signal
	}
	return true
}

// mix joins left and right of pcm into channel ch (0: U, 1: V), so that the
// decoder's L = U+V-((mixRes*V)>>mixBits), R = L-V gives them back.
func (c *candidate) mix(dst, pcm []int32, ch int) {
	for i := range dst {
		left, right := pcm[2*i], pcm[2*i+1]
		side := left - right
		switch {
		case c.mixRes == 0:
			dst[i] = pcm[2*i+ch]
		case ch == 0:
			dst[i] = right + (c.mixRes*side)>>mixBits
		default:
			dst[i] = side
		}
	}
}

func (c *candidate) restart() {
	for i := range c.predictors {
		c.predictors[i].coefs = startCoefs
	}
}

// writeHeader writes a channel pair's head:
//
//	3 tag | 4 instance | 12 unused | 1 has size | 2 bytes shifted | 1 escape | [32 frames]
func writeHeader(w *bitWriter, frames int, hasSize, escape bool) {
	w.write(tagPair, 3)
	w.write(0, 4+12)
	w.writeBool(hasSize)
	w.write(0, 2)
	w.writeBool(escape)
	if hasSize {
		w.write(uint32(frames), 32)
	}
}

func writeSamples(w *bitWriter, pcm []int32) {
	for _, s := range pcm {
		w.write(uint32(s), BitDepth)
	}
}
