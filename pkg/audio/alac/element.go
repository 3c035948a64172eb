package alac

// Element tags, 3 bits. 2 (CCE), 3 (LFE) and 5 (PCE) belong to layouts that we
// do not announce.
const (
	tagSCE = 0 // single channel
	tagCPE = 1 // channel pair
	tagDSE = 4 // data stream, skipped
	tagFIL = 6 // fill, skipped
	tagEND = 7
)

// findChannels passes over data and fill elements up to the one with the
// announced channels. Each costs at least 7 bits of the packet, so the packet's
// size bounds the loop.
func (d *Decoder) findChannels(r *bitReader) error {
	wanted := uint32(tagSCE)
	if d.config.Channels == 2 {
		wanted = tagCPE
	}
	for {
		tag := r.read(3)
		if r.overrun() {
			return errTruncated
		}
		switch tag {
		case wanted:
			return nil
		case tagDSE:
			skipData(r)
		case tagFIL:
			skipFill(r)
		case tagEND:
			return errNoChannels
		default:
			return errTag
		}
	}
}

// skipData: 4 bits instance, 1 bit align, 8 bits count [8 bits more if 255],
// padding to a byte if align, count bytes.
func skipData(r *bitReader) {
	r.skip(4)
	align := r.read(1)
	count := r.read(8)
	if count == 255 {
		count += r.read(8)
	}
	if align != 0 {
		r.skip(-r.pos & 7)
	}
	r.skip(uint(count) * 8)
}

// skipFill: 4 bits count [8 bits more, less one, if 15], count bytes.
func skipFill(r *bitReader) {
	count := r.read(4)
	if count == 15 {
		count += r.read(8) - 1
	}
	r.skip(uint(count) * 8)
}

// A header precedes every channel element.
type header struct {
	frames      int
	shiftedBits uint // low bits of each sample that are stored verbatim
	escape      bool
}

func (d *Decoder) header(r *bitReader) (header, error) {
	r.skip(4) // instance: there is but one
	unused := r.read(12)
	hasSize := r.read(1)
	shifted := r.read(2)
	h := header{shiftedBits: uint(shifted) * 8, escape: r.read(1) == 1, frames: d.config.FrameLength}
	if hasSize == 1 {
		h.frames = int(min(r.read(32), maxFrameLength+1))
	}
	switch {
	case r.overrun():
		return header{}, errTruncated
	case unused != 0:
		return header{}, errUnused
	case h.frames < 1 || h.frames > d.config.FrameLength:
		return header{}, errNumSamples
	case int(h.shiftedBits) > d.config.BitDepth-16:
		return header{}, errShifted
	}
	return h, nil
}

// channelElement decodes what follows the tag of SCE or CPE.
func (d *Decoder) channelElement(r *bitReader, dst []int32) (frames int, err error) {
	h, err := d.header(r)
	if err != nil {
		return 0, err
	}
	dst = dst[:h.frames*d.config.Channels]
	if h.escape {
		err = verbatim(r, dst, uint(d.config.BitDepth))
	} else {
		err = d.compressed(r, dst, h)
	}
	if err != nil {
		return 0, err
	}
	return h.frames, nil
}

// verbatim reads samples of depth bits, which are interleaved already.
func verbatim(r *bitReader, dst []int32, depth uint) error {
	if uint(len(dst))*depth > r.end-r.pos {
		return errTruncated
	}
	for i := range dst {
		dst[i] = int32(int64(load(r.buf, r.pos)) >> (64 - depth))
		r.pos += depth
	}
	return nil
}

// compressed reads the parameters and residuals of all channels and makes
// samples of them.
func (d *Decoder) compressed(r *bitReader, dst []int32, h header) error {
	channels := d.config.Channels
	sampleBits := uint(d.config.BitDepth) - h.shiftedBits
	if channels == 2 {
		sampleBits++ // the difference of two channels needs one bit more
	}
	mix := mixing{bits: uint(r.read(8)), res: int32(int8(r.read(8)))}
	if mix.bits > 31 {
		return errMixBits
	}
	var history [maxChannels]uint32
	for i := range channels {
		pbFactor := d.predictors[i].parse(r)
		history[i] = uint32(d.config.PB) * pbFactor / 4
	}
	low := *r // the shifted low bits precede the residuals
	r.skip(uint(len(dst)) * h.shiftedBits)
	if r.overrun() {
		return errTruncated
	}
	for i := range channels {
		rice := riceCoding{initialMean: uint32(d.config.MB), maxK: d.config.KB, history: history[i], valueBits: sampleBits}
		samples := d.channels[i][:h.frames]
		if err := rice.residuals(r, samples); err != nil {
			return err
		}
		d.predictors[i].restore(samples, sampleBits)
	}
	d.interleave(dst, mix)
	if h.shiftedBits > 0 {
		appendLowBits(&low, dst, h.shiftedBits)
	}
	return nil
}

// appendLowBits puts the shifted bits below those that were coded.
func appendLowBits(r *bitReader, dst []int32, n uint) {
	for i, s := range dst {
		dst[i] = s<<n | int32(load(r.buf, r.pos)>>(64-n))
		r.pos += n
	}
}
