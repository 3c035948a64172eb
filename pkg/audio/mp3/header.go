package mp3

// Sizes of the parts of a frame before its main data.
const (
	headerBytes         = 4
	sideInfoBytesMono   = 17
	sideInfoBytesStereo = 32
	maxPrefixBytes      = headerBytes + sideInfoBytesStereo
)

// Codes of the header (clause 2.4.2.3).
const (
	syncword   = 0xfff
	idMPEG1    = 1
	layerIII   = 1
	noCRC      = 1
	modeJoint  = 1
	modeMono   = 3
	midSideBit = 2 // of mode_extension
	sourceMark = 1 // original_or_copy
	noEmphasis = 0
)

// rateCodes are the sampling_frequency of a sample rate, bitrateCodes the
// bitrate_index of a bitrate in kbit/s.
var (
	rateCodes    = map[int]uint32{44100: 0, 48000: 1, 32000: 2}
	bitrateCodes = map[int]uint32{128: 9, 192: 11, 256: 13, 320: 14}
)

// header is what changes between the headers of a stream.
type header struct {
	bitrateCode uint32
	rateCode    uint32
	stereo      bool
	padding     bool
	midSide     bool
}

// write puts out the header (clause 2.4.1.3).
//
//	|sync 12|ID 1|layer 2|protection 1|bitrate 4|rate 2|padding 1|private 1|
//	|mode 2|mode_extension 2|copyright 1|original 1|emphasis 2|
func (h *header) write(w *bitWriter) {
	w.write(syncword, 12)
	w.write(idMPEG1, 1)
	w.write(layerIII, 2)
	w.write(noCRC, 1)
	w.write(h.bitrateCode, 4)
	w.write(h.rateCode, 2)
	w.flag(h.padding)
	w.write(0, 1) // private_bit
	if h.stereo {
		w.write(modeJoint, 2)
	} else {
		w.write(modeMono, 2)
	}
	if h.midSide {
		w.write(midSideBit, 2)
	} else {
		w.write(0, 2)
	}
	w.write(0, 1) // copyright
	w.write(sourceMark, 1)
	w.write(noEmphasis, 2)
}

// writeSideInfo puts out the side information of a frame (clause 2.4.1.7).
// Scalefactors are never shared between granules: scfsi is zero.
func writeSideInfo(w *bitWriter, mainDataBegin int, frame *[granuleCount][]granule) {
	w.write(uint32(mainDataBegin), 9)
	if len(frame[0]) == 1 {
		w.write(0, 5+4) // private_bits, scfsi
	} else {
		w.write(0, 3+8)
	}
	for i := range frame {
		for ch := range frame[i] {
			g := &frame[i][ch]
			g.coding.writeSideInfo(w, g.block)
		}
	}
}

// writeSideInfo puts out the 59 bits of one granule and channel.
func (c *coding) writeSideInfo(w *bitWriter, block blockType) {
	w.write(uint32(c.bits), 12)
	w.write(uint32(c.pairs), 9)
	w.write(uint32(c.globalGain), 8)
	w.write(uint32(c.compress), 4)
	w.flag(c.switched)
	if c.switched {
		w.write(uint32(block), 2)
		w.write(0, 1) // mixed_block_flag
		w.write(uint32(c.tables[0]), 5)
		w.write(uint32(c.tables[1]), 5)
		for _, gain := range c.subblockGain {
			w.write(uint32(gain), 3)
		}
	} else {
		for _, table := range c.tables {
			w.write(uint32(table), 5)
		}
		w.write(uint32(c.region0-1), 4)
		w.write(uint32(c.region1-1), 3)
	}
	w.flag(c.preflag)
	w.flag(c.coarse)
	w.write(uint32(c.quadTable), 1)
}
