package mp3

// A budget shares out the bits. It keeps the offset of the steps from those with
// the allowed noise, the same for all granules, near a slowly moving mean: the
// reservoir takes what a quiet frame leaves and gives what a rich one needs.
type budget struct {
	offset float32 // mean of what the rate loop found lately
	scale  float32 // bits that were used for a bit of demand, lately
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
	return budget{scale: 1}
}

// level is the noise by what is allowed at the mean offset.
func (b *budget) level() float32 {
	return fastExp2(b.offset * offsetUnit)
}

// frame is the bits for a frame with the demand given. mean is what it adds to
// the stream, reserve what the reservoir holds.
func (b *budget) frame(demand float32, mean, reserve int) int {
	want := float32(mean) + granted*(b.scale*demand-float32(mean)) + levelPace*(float32(reserve)-restingLevel*maxReserveBit)
	most := mean + int(reserveShare*float32(reserve))
	least := mean + reserve - maxReserveBit
	return max(least, min(int(want), most), 0)
}

// learn moves the means by what a granule took. A granule that could not use its
// bits teaches nothing.
func (b *budget) learn(offset int, demand float32, bits int) {
	if offset <= finestOffset {
		return
	}
	b.offset += offsetPace * (float32(offset) - b.offset)
	if demand > 1 {
		b.scale += scalePace * (min(max(float32(bits)/demand, 0.2), 5) - b.scale)
	}
}

// code shares out the bits of the frame and finds the coding of its granules.
func (e *Encoder) code(mainBytes int) {
	reserve := 8 * e.reservoir.bytes()
	total, count := float32(0), 0
	for i := range e.frame {
		for ch := range e.frame[i] {
			total += e.frame[i][ch].demand
			count++
		}
	}
	left := e.budget.frame(total, 8*mainBytes, reserve)
	for i := range e.frame {
		for ch := range e.frame[i] {
			g := &e.frame[i][ch]
			share := left / count
			if total > 1 {
				share = int(float32(left) * g.demand / total)
			}
			found := e.channels[ch].rate.run(g, min(share, left, maxPart23Bits), int(e.budget.offset))
			e.budget.learn(found, g.demand, g.coding.bits)
			left -= g.coding.bits
			total -= g.demand
			count--
		}
	}
}
