package flac

import "math/bits"

const (
	maxPartitionOrder = 5
	maxPartitions     = 1 << maxPartitionOrder
	// Rice parameters have 4 bits, or 5 where one of them needs it: the
	// largest of each is an escape (RFC 9639 section 9.2.7.1).
	maxParameter4 = 14
	maxParameter5 = 30
)

// A partitioning cuts a block's residuals into 1<<order partitions of equal
// length, each with a Rice parameter of its own. The first is shorter by the
// samples that have no residual.
type partitioning struct {
	order      int
	parameters [maxPartitions]uint8
	bits       uint64 // at most, headers included
}

// riceParameter returns the k that codes count values of that sum best, and the
// bits they then take at most: each has a stop bit, k low bits and value>>k
// zeros.
func riceParameter(sum uint64, count int) (k uint, size uint64) {
	// The best k is the logarithm of the mean.
	k = uint(max(0, bits.Len64(sum)-bits.Len(uint(count))))
	if k > 0 && sum < uint64(count)<<k {
		k--
	}
	k = min(k, maxParameter5)
	return k, uint64(count)*uint64(k+1) + sum>>k
}

// bestPartitioning tries every partition order for a block of frames of which
// the residuals are given, folded.
func bestPartitioning(folded []uint32, frames int) partitioning {
	missing := frames - len(folded)
	order := min(maxPartitionOrder, bits.TrailingZeros(uint(frames)))
	for order > 0 && frames>>order <= missing {
		order--
	}
	var sums [maxPartitions]uint64
	sumPartitions(sums[:1<<order], folded, missing)
	best := evenPartitioning(sums[:1<<order], frames, missing)
	for order--; order >= 0; order-- {
		for i := range 1 << order {
			sums[i] = sums[2*i] + sums[2*i+1]
		}
		if p := evenPartitioning(sums[:1<<order], frames, missing); p.bits <= best.bits {
			best = p
		}
	}
	return best
}

// sumPartitions sums up the residuals of each partition.
func sumPartitions(sums []uint64, folded []uint32, missing int) {
	length := (len(folded) + missing) / len(sums)
	end := length - missing
	for i := range sums {
		sum := uint64(0)
		for _, v := range folded[:end] {
			sum += uint64(v)
		}
		sums[i] = sum
		folded, end = folded[end:], length
	}
}

// evenPartitioning chooses the parameters of partitions with the given sums.
func evenPartitioning(sums []uint64, frames, missing int) (p partitioning) {
	p.order = bits.TrailingZeros(uint(len(sums)))
	length := frames / len(sums)
	widest := uint(0)
	for i, sum := range sums {
		count := length
		if i == 0 {
			count -= missing
		}
		k, size := riceParameter(sum, count)
		p.parameters[i] = uint8(k)
		p.bits += size
		widest = max(widest, k)
	}
	p.bits += riceHeaderBits + uint64(len(sums))*uint64(parameterBits(widest))
	return p
}

// riceHeaderBits: 2 bits: coding method, 4 bits: partition order.
const riceHeaderBits = 6

// parameterBits is the size of every parameter of a block whose largest is k.
func parameterBits(k uint) uint {
	if k > maxParameter4 {
		return 5
	}
	return 4
}

// writeResiduals writes the coded residuals (section 9.2.7):
//
//	2 bits: coding method, 0 or 1: parameters of 4 or 5 bits
//	4 bits: partition order
//	for every partition
//	    4 or 5 bits: parameter, then the residuals in Rice code
func (p *partitioning) writeResiduals(w *bitWriter, folded []uint32, missing int) {
	parameters := p.parameters[:1<<p.order]
	widest := uint8(0)
	for _, k := range parameters {
		widest = max(widest, k)
	}
	width := parameterBits(uint(widest))
	w.write(uint32(width-4), 2)
	w.write(uint32(p.order), 4)
	length := (len(folded) + missing) >> p.order
	end := length - missing
	for _, k := range parameters {
		w.write(uint32(k), width)
		w.rice(folded[:end], uint(k))
		folded, end = folded[end:], length
	}
}
