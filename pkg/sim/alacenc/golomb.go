package alacenc

import "math/bits"

const (
	meanShift = 9      // the mean is kept with 9 fractional bits
	maxMean   = 0xffff // where a value beyond 16 bits puts it
	maxPrefix = 9      // so many ones announce a value written in full
	runBits   = 16     // width of a zero run's length written in full
	runMean   = 1 << (meanShift - 2)
	localPB   = PB * pbFactor / 4
)

// writeGolomb writes residuals by the adaptive Golomb code: each value's code
// is as wide as the running mean of its predecessors suggests, and where they
// are almost zero, runs of zeros are counted instead.
func writeGolomb(w *bitWriter, residuals []int32) {
	mean := uint32(MB)
	afterRun := uint32(0) // 1 after a run: the next value can not be zero, so it is written less one
	for i := 0; i < len(residuals); {
		folded := fold(residuals[i])
		i++
		writeValue(w, folded-afterRun, valueWidth(mean), chanBits)
		mean = nextMean(mean, folded, folded-afterRun)
		afterRun = 0
		if mean >= runMean || i == len(residuals) {
			continue
		}
		run := zeroRun(residuals[i:])
		writeValue(w, uint32(run), runWidth(mean), runBits)
		i += run
		mean, afterRun = 0, 1
	}
}

// fold maps 0, -1, 1, -2, 2 ... to 0, 1, 2, 3, 4 ...
func fold(x int32) uint32 {
	return uint32(x<<1) ^ uint32(x>>31)
}

func nextMean(mean, folded, written uint32) uint32 {
	if written > maxMean {
		return maxMean
	}
	return localPB*folded + mean - (localPB*mean)>>meanShift
}

func valueWidth(mean uint32) uint {
	return min(KB, uint(bits.Len32(mean>>meanShift+3))-1)
}

func runWidth(mean uint32) uint {
	return uint(bits.LeadingZeros32(mean)) - 24 + uint(mean+16)>>6
}

// zeroRun counts the zeros at the start of x. MaxFrameLength keeps it below
// the 65535 at which the code would need a second run.
func zeroRun(x []int32) int {
	for i, v := range x {
		if v != 0 {
			return i
		}
	}
	return len(x)
}

// writeValue writes n as a prefix of n/m ones, a zero, and the rest of the
// division, m being 2^k-1; a prefix of maxPrefix ones is followed by n in
// fullBits bits. A rest of zero needs one bit less than the others, and none at
// all when k is 1.
func writeValue(w *bitWriter, n uint32, k uint, fullBits int) {
	m := uint32(1)<<k - 1
	prefix, rest := n/m, n%m
	if prefix >= maxPrefix {
		w.write(1<<maxPrefix-1, maxPrefix)
		w.write(n, fullBits)
		return
	}
	w.write((1<<prefix-1)<<1, int(prefix)+1)
	if rest == 0 {
		w.write(0, int(k)-1)
		return
	}
	w.write(rest+1, int(k))
}
