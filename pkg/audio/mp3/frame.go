package mp3

// encodeFrame codes the two granules before the newest.
func (e *Encoder) encodeFrame(dst []byte) []byte {
	for ch := range e.channels {
		e.channels[ch].analyse(e.cutoff)
	}
	for i := range e.frame {
		e.transform(i)
		e.listen(i)
	}
	e.compare()
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

// analyse filters the newest two granules and looks for attacks.
func (c *channel) analyse(cutoff int) {
	for i := heldGranules; i < len(c.bands); i++ {
		c.bands[i].analyse(c.pcm[i*lineCount+firstGranule-(polyphaseTaps-subbandCount):])
		clear(c.bands[i][cutoff:])
		c.attacks[i] = c.watcher.attacks(&c.bands[i])
	}
}

// advance forgets the two oldest granules.
func (c *channel) advance() {
	copy(c.pcm[:], c.pcm[frameLength:])
	copy(c.bands[:], c.bands[granuleCount:])
	copy(c.attacks[:], c.attacks[granuleCount:])
}

// attack reports whether granule i of the channels' memory must be short on any
// of them. Both channels change together, so that middle and side can be formed.
func (e *Encoder) attack(i int) bool {
	for ch := range e.channels {
		c := &e.channels[ch]
		if c.attacks[i-1].late || c.attacks[i].early {
			return true
		}
	}
	return false
}

// transform finds the block type of a granule of the frame and its lines.
func (e *Encoder) transform(i int) {
	e.block = nextBlock(e.block, e.attack(i+1), e.attack(i+2))
	for ch := range e.channels {
		c := &e.channels[ch]
		g := &e.frame[i][ch]
		g.block = e.block
		if g.block == blockShort {
			g.lay = &e.short
			transformShort(&e.spectra, &c.bands[i], &c.bands[i+1])
			e.edges.reorder(&g.lines, &e.spectra)
		} else {
			if g.block == blockStart {
				e.foresee(i, ch)
			}
			g.lay = &e.long
			transformLong(&g.lines, g.block, &c.bands[i], &c.bands[i+1])
		}
	}
}

// foresee has the short model hear a granule that is not short, so that it knows
// what was before the first window of the next.
func (e *Encoder) foresee(i, ch int) {
	c := &e.channels[ch]
	g := &e.frame[i][ch]
	g.lay = &e.short
	transformShort(&e.spectra, &c.bands[i], &c.bands[i+1])
	e.edges.reorder(&g.lines, &e.spectra)
	g.sumEnergy()
	e.shortModel.allow(&c.shortEar, &g.allowed, &g.energy)
}

// listen finds the noise allowed in a granule of the frame.
func (e *Encoder) listen(i int) {
	granules := e.frame[i]
	if e.block == blockShort {
		for ch := range granules {
			g := &granules[ch]
			g.sumEnergy()
			e.shortModel.allow(&e.channels[ch].shortEar, &g.allowed, &g.energy)
			e.listener.ears[ch].forget()
		}
		return
	}
	from := earFrom + i*lineCount
	left := e.channels[0].pcm[from : from+fftSize]
	right := e.channels[len(e.channels)-1].pcm[from : from+fftSize]
	e.listener.spectra(left, right)
	for ch := range granules {
		e.listener.ears[ch].listen(e.listener.model, &granules[ch].allowed)
	}
}

// compare chooses between left and right and middle and side, and finds the
// demand and the energy of all granules.
func (e *Encoder) compare() {
	level := e.budget.level()
	if len(e.channels) == maxChannels {
		e.tryMiddleSide(level)
	}
	for i := range e.frame {
		for ch := range e.frame[i] {
			g := &e.frame[i][ch]
			if len(e.channels) == 1 {
				g.demand = demand(&g.lines, &g.allowed, g.lay, level)
			}
			g.sumEnergy()
		}
	}
}

func (g *granule) sumEnergy() {
	for b := range g.lay.bands {
		sum := float32(0)
		for _, x := range g.lines[g.lay.edges[b]:g.lay.edges[b+1]] {
			sum += x * x
		}
		g.energy[b] = sum
	}
}

func (e *Encoder) prefixBytes() int {
	if e.header.stereo {
		return headerBytes + sideInfoBytesStereo
	}
	return headerBytes + sideInfoBytesMono
}

// put writes the frame and passes it to the reservoir.
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
