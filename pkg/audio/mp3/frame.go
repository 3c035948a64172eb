package mp3

// encodeFrame codes the two granules before the newest.
func (e *Encoder) encodeFrame(dst []byte) []byte {
	for ch := range e.channels {
		e.channels[ch].analyse()
	}
	for i := range e.frame {
		e.transform(i)
	}
	frameBytes, padded := e.padding.next()
	e.header.padding = padded
	mainBytes := frameBytes - e.prefixBytes()
	e.code(mainBytes)
	dst = e.put(dst, mainBytes)
	for ch := range e.channels {
		e.channels[ch].advance()
	}
	return dst
}

// analyse filters the newest two granules.
func (c *channel) analyse() {
	for i := range granuleCount {
		c.bands[2+i].analyse(c.pcm[newFrom+i*lineCount-(polyphaseTaps-subbandCount):])
	}
}

// advance forgets the two oldest granules.
func (c *channel) advance() {
	copy(c.pcm[:], c.pcm[frameLength:])
	copy(c.bands[:2], c.bands[2:])
}

func (e *Encoder) transform(i int) {
	for ch := range e.channels {
		c := &e.channels[ch]
		g := &e.frame[i][ch]
		g.block, g.lay = blockLong, &e.long
		transformLong(&g.lines, g.block, &c.bands[i], &c.bands[i+1])
		for b := range g.lay.bands {
			sum := float32(0)
			for _, x := range g.lines[g.lay.edges[b]:g.lay.edges[b+1]] {
				sum += x * x
			}
			g.energy[b] = sum
			g.allowed[b] = sum/100 + 1e-9
		}
	}
}

// code shares out the bits and finds the coding of all granules.
func (e *Encoder) code(mainBytes int) {
	left := 8 * (mainBytes + e.reservoir.bytes())
	shares := granuleCount * len(e.channels)
	for i := range e.frame {
		for ch := range e.frame[i] {
			c := &e.channels[ch]
			g := &e.frame[i][ch]
			c.offset = c.rate.run(g, min(left/shares, maxPart23Bits), c.offset)
			left -= g.coding.bits
			shares--
		}
	}
}

func (e *Encoder) prefixBytes() int {
	if e.header.stereo {
		return headerBytes + sideInfoBytesStereo
	}
	return headerBytes + sideInfoBytesMono
}

// put writes the frame and hands it to the reservoir.
func (e *Encoder) put(dst []byte, mainBytes int) []byte {
	e.prefix.buf = e.prefix.buf[:0]
	e.header.write(&e.prefix)
	writeSideInfo(&e.prefix, e.reservoir.bytes(), &e.frame)
	e.main.buf = e.main.buf[:0]
	for i := range e.frame {
		for ch := range e.frame[i] {
			g := &e.frame[i][ch]
			g.coding.write(&e.main, &g.lines, g.lay)
		}
	}
	e.main.align()
	return e.reservoir.add(dst, e.prefix.buf, e.main.buf, mainBytes)
}
