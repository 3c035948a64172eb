package flac

// A coding is how a subframe stores its samples.
type coding uint8

const (
	verbatim coding = iota
	constant
	fixed
)

// A subframe is the plan for one signal of a block.
type subframe struct {
	coding coding
	order  int  // of the predictor, if fixed
	depth  uint // bits per sample
}

// subframeHeaderBytes: 1 bit zero, 6 bits type, 1 bit: no wasted bits follow
// (RFC 9639 section 9.2.1).
const (
	subframeHeaderBytes = 1
	typeConstant        = 0
	typeVerbatim        = 1
	typeFixed           = 8 // plus the order
)

// planSubframe chooses the coding of x, whose samples have depth bits.
func planSubframe(x []int32, depth uint) subframe {
	switch {
	case isConstant(x):
		return subframe{coding: constant, depth: depth}
	case len(x) <= maxOrder:
		return subframe{coding: verbatim, depth: depth}
	}
	order := 0
	sums := magnitudes(x)
	for i, sum := range sums {
		if sum < sums[order] {
			order = i
		}
	}
	return subframe{coding: fixed, order: order, depth: depth}
}

func isConstant(x []int32) bool {
	for _, v := range x {
		if v != x[0] {
			return false
		}
	}
	return true
}

// writeSubframe writes header and samples of x as planned (section 9.2), or
// verbatim where that turns out to be smaller.
func (e *Encoder) writeSubframe(w *bitWriter, x []int32, s subframe) {
	switch s.coding {
	case constant:
		w.write(typeConstant<<1, 8)
		w.signed(x[0], s.depth)
	case fixed:
		folded := e.folded[:len(x)-s.order]
		foldResiduals(folded, x, s.order)
		p := bestPartitioning(folded, len(x))
		if p.bits+uint64(s.order)*uint64(s.depth) >= uint64(len(x))*uint64(s.depth) {
			writeVerbatim(w, x, s.depth)
			return
		}
		w.write(uint32(typeFixed+s.order)<<1, 8)
		for _, v := range x[:s.order] {
			w.signed(v, s.depth)
		}
		p.writeResiduals(w, folded, s.order)
	default:
		writeVerbatim(w, x, s.depth)
	}
}

func writeVerbatim(w *bitWriter, x []int32, depth uint) {
	w.write(typeVerbatim<<1, 8)
	for _, v := range x {
		w.signed(v, depth)
	}
}
