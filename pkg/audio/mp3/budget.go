package mp3

// A budget shares out the bits. It keeps the offset of the steps from those with
// the allowed noise, the same for all granules, near a slowly moving mean: the
// reservoir takes what a quiet frame leaves and gives what a rich one needs.
type budget struct {
	offset                float32 // mean of what the rate loop found lately
	longScale, shortScale float32 // bits for a bit of demand, lately
}

// How fast the means move, how much of a frame's demand is granted, and how full
// the reservoir is when it neither gives nor takes.
const (
	offsetPace    = 0.05
	scalePace     = 0.1
	granted       = 0.7
	restingLevel  = 0.8
	levelPace     = 0.2
	reserveShare  = 0.9 // of the reservoir's bits that a frame may use at most
	maxReserveBit = 8 * maxReservoirBytes
)

func newBudget() budget {
	return budget{longScale: 1.3, shortScale: 1.8}
}

// scale is the bits for a bit of demand.
func (b *budget) scale(g *granule) *float32 {
	if g.lay.short {
		return &b.shortScale
	}
	return &b.longScale
}

// level is the noise by what is allowed at the mean offset.
func (b *budget) level() float32 {
	return fastExp2(b.offset * offsetUnit)
}

// frame is the bits for a frame that wants some. mean is what it adds to the
// stream, reserve what the reservoir holds.
func (b *budget) frame(want float32, mean, reserve int) int {
	want = float32(mean) + granted*(want-float32(mean)) + levelPace*(float32(reserve)-restingLevel*maxReserveBit)
	most := mean + int(reserveShare*float32(reserve))
	least := mean + reserve - maxReserveBit
	return max(least, min(int(want), most), 0)
}

// learn moves the means by what a granule took, and what it would have taken at
// the mean offset. A granule that could not use its bits teaches nothing.
func (b *budget) learn(offset int, g *granule) {
	if offset <= finestOffset {
		return
	}
	off := float32(offset) - b.offset
	b.offset += offsetPace * off
	if g.demand > 1 {
		bits := float32(g.coding.bits) + off*float32(g.coding.slope())
		scale := b.scale(g)
		*scale += scalePace * (min(max(bits/g.demand, 0.2), 5) - *scale)
	}
}

// code shares out the bits of the frame and finds the coding of its granules.
func (e *Encoder) code(mainBytes int) {
	reserve := 8 * e.reservoir.bytes()
	total := float32(0)
	for i := range e.frame {
		for ch := range e.frame[i] {
			g := &e.frame[i][ch]
			g.want = *e.budget.scale(g) * max(g.demand, 1)
			total += g.want
		}
	}
	left := e.budget.frame(total, 8*mainBytes, reserve)
	for i := range e.frame {
		for ch := range e.frame[i] {
			g := &e.frame[i][ch]
			share := left
			if total > g.want {
				share = int(float32(left) * g.want / total)
			}
			found := e.channels[ch].rate.run(g, min(share, left, maxPart23Bits), int(e.budget.offset))
			total -= g.want
			left -= g.coding.bits
			e.budget.learn(found, g)
		}
	}
}
