package mp3

import "testing"

// A checker reads a stream as strictly as the standard is written: it finds
// every frame where the one before ends, and decodes all main data down to the
// single values, whose bits must be exactly as many as the side information says.
type checker struct {
	t      testing.TB
	config Config
	frames int
	bytes  int // of all frames so far
	main   []byte
	used   int // bytes of main that earlier frames own
	blocks [2]blockType
	words  map[*pairTable]map[uint32]int

	stats checkStats
}

// checkStats is what a stream has made use of.
type checkStats struct {
	farthest int // main_data_begin
	midSide  int // frames
	blocks   [4]int
	tables   [32]int
}

// checkStream reads a whole stream and returns what it used.
func checkStream(t testing.TB, stream []byte, c Config) checkStats {
	t.Helper()
	k := &checker{t: t, config: c, words: map[*pairTable]map[uint32]int{}}
	for len(stream) > 0 {
		n := k.frame(stream)
		if n == 0 {
			break
		}
		stream = stream[n:]
	}
	return k.stats
}

// frame checks one frame and returns its length, 0 if all is lost.
func (k *checker) frame(stream []byte) int {
	r := &bitReader{data: stream}
	stereo := k.config.Channels == 2
	k.want("sync, MPEG-1, Layer III, no CRC", 0xfffb, r.read(16))
	k.want("bitrate_index", int(bitrateCodes[k.config.BitrateKbps]), r.read(4))
	k.want("sampling_frequency", int(rateCodes[k.config.SampleRate]), r.read(2))
	size := 144000*k.config.BitrateKbps/k.config.SampleRate + r.read(1)
	k.want("private_bit", 0, r.read(1))
	mode, extension := r.read(2), r.read(2)
	if stereo {
		k.want("mode", modeJoint, mode)
	} else {
		k.want("mode", modeMono, mode)
		k.want("mode_extension", 0, extension)
	}
	if extension != 0 {
		k.want("mode_extension", midSideBit, extension)
		k.stats.midSide++
	}
	k.want("copyright, original, emphasis", 4, r.read(4))
	if size > len(stream) {
		k.t.Errorf("frame %d: %d bytes are missing", k.frames, size-len(stream))
		return 0
	}
	k.frames++
	k.bytes += size
	if exact := k.frames * 144000 * k.config.BitrateKbps / k.config.SampleRate; k.bytes != exact {
		k.t.Errorf("frame %d ends at byte %d, at this bitrate %d", k.frames, k.bytes, exact)
	}
	k.sideInfo(r, stream[:size])
	return size
}

func (k *checker) want(what string, want, got int) {
	if want != got {
		k.t.Helper()
		k.t.Errorf("frame %d: %s: want %d, got %d", k.frames, what, want, got)
	}
}

func (k *checker) sideInfo(r *bitReader, frame []byte) {
	channels := k.config.Channels
	begin := r.read(9)
	k.stats.farthest = max(k.stats.farthest, begin)
	if channels == 1 {
		k.want("private_bits and scfsi", 0, r.read(5+4))
	} else {
		k.want("private_bits and scfsi", 0, r.read(3+8))
	}
	var sides [granuleCount][maxChannels]sideInfo
	for g := range sides {
		for ch := range channels {
			sides[g][ch] = k.granule(r, ch)
		}
	}
	start := len(k.main) - begin
	if start < k.used {
		k.t.Fatalf("frame %d begins %d bytes before the end of the last", k.frames, k.used-start)
	}
	prefix := headerBytes + sideInfoBytesMono
	if channels == 2 {
		prefix = headerBytes + sideInfoBytesStereo
	}
	k.want("bits of header and side information", 8*prefix, r.at)
	k.main = append(k.main, frame[prefix:]...)
	data := &bitReader{data: k.main, at: 8 * start}
	for g := range sides {
		for ch := range channels {
			k.mainData(data, &sides[g][ch])
		}
	}
	k.used = (data.at + 7) / 8
	if k.used > len(k.main) {
		k.t.Fatalf("frame %d ends %d bytes behind its place", k.frames, k.used-len(k.main))
	}
}

// sideInfo is the side information of one granule and channel.
type sideInfo struct {
	part23, pairs, compress int
	block                   blockType
	tables                  [3]int
	regions                 [2]int // ends, lines
	quadTable               int
}

func (k *checker) granule(r *bitReader, ch int) (s sideInfo) {
	s.part23, s.pairs = r.read(12), r.read(9)
	if s.pairs > lineCount/2 {
		k.t.Errorf("frame %d: big_values %d", k.frames, s.pairs)
	}
	r.read(8) // global_gain
	s.compress = r.read(4)
	edges := bandEdgesOf[k.config.SampleRate].long
	if switched := r.read(1); switched == 1 {
		s.block = blockType(r.read(2))
		k.want("mixed_block_flag", 0, r.read(1))
		s.tables = [3]int{r.read(5), r.read(5)}
		r.read(9) // subblock_gain
		s.regions = [2]int{switchedRegion0, lineCount}
		if s.block == blockLong {
			k.t.Errorf("frame %d: window_switching_flag without another block_type", k.frames)
		}
	} else {
		s.tables = [3]int{r.read(5), r.read(5), r.read(5)}
		first := r.read(4) + 1
		second := first + r.read(3) + 1
		s.regions = [2]int{edges[min(first, longBands)], edges[min(second, longBands)]}
	}
	preflag := r.read(1)
	r.read(1) // scalefac_scale
	s.quadTable = r.read(1)
	if preflag == 1 && s.block == blockShort {
		k.t.Errorf("frame %d: preflag in a short granule", k.frames)
	}
	k.order(ch, s.block)
	return s
}

// order checks that the windows of neighbouring granules fit.
func (k *checker) order(ch int, block blockType) {
	before := k.blocks[ch]
	steepEnd := before == blockStart || before == blockShort
	steepStart := block == blockStop || block == blockShort
	if steepEnd != steepStart && k.frames > 1 {
		k.t.Errorf("frame %d: %v follows %v", k.frames, block, before)
	}
	k.blocks[ch] = block
	k.stats.blocks[block]++
}

func (k *checker) mainData(r *bitReader, s *sideInfo) {
	end := r.at + s.part23
	l := slen[s.compress]
	if s.block == blockShort {
		r.skip(18*int(l[0]) + 18*int(l[1]))
	} else {
		r.skip(11*int(l[0]) + 10*int(l[1]))
	}
	line := 0
	for ; line < 2*s.pairs; line += 2 {
		region := 0
		for region < 2 && line >= s.regions[region] {
			region++
		}
		k.pair(r, uint8(s.tables[region]))
	}
	for ; r.at < end; line += 4 {
		k.quad(r, s.quadTable)
	}
	k.want("part2_3_length ends at bit", end, r.at)
	if line > lineCount {
		k.t.Errorf("frame %d: %d lines", k.frames, line)
	}
}

func (k *checker) pair(r *bitReader, table uint8) {
	k.stats.tables[table]++
	if table == 0 {
		return
	}
	code, extra := codeOf(table)
	if code == nil {
		k.t.Fatalf("frame %d: table %d", k.frames, table)
	}
	at := k.word(r, code)
	for _, v := range [2]int{at / code.side, at % code.side} {
		if v == escape {
			r.skip(int(extra))
		}
		if v != 0 {
			r.skip(1)
		}
	}
}

// word reads one code word. A leading one keeps words of different length apart.
func (k *checker) word(r *bitReader, code *pairTable) int {
	if k.words[code] == nil {
		words := map[uint32]int{}
		for i, length := range code.hlen {
			words[1<<length|uint32(code.hcod[i])] = i
		}
		k.words[code] = words
	}
	for word := uint32(1); word < 1<<20; {
		word = word<<1 | uint32(r.read(1))
		if at, found := k.words[code][word]; found {
			return at
		}
	}
	k.t.Fatalf("frame %d: no code word", k.frames)
	return 0
}

func (k *checker) quad(r *bitReader, table int) {
	code := &quadCodes[table]
	word := 0
	for length := uint8(1); length <= 6; length++ {
		word = word<<1 | r.read(1)
		for i, l := range code.hlen {
			if l == length && int(code.hcod[i]) == word {
				for ones := i; ones > 0; ones &= ones - 1 {
					r.skip(1)
				}
				return
			}
		}
	}
	k.t.Fatalf("frame %d: no code word of four", k.frames)
}

// A bitReader reads zeros behind the end, which the checker notices by at.
type bitReader struct {
	data []byte
	at   int // bits
}

func (r *bitReader) read(n int) (v int) {
	for range n {
		v <<= 1
		if r.at/8 < len(r.data) {
			v |= int(r.data[r.at/8] >> (7 - r.at%8) & 1)
		}
		r.at++
	}
	return v
}

func (r *bitReader) skip(n int) { r.at += n }
