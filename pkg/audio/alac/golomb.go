package alac

import "math/bits"

// Constants of the adaptive Golomb code (ag_dec.c).
const (
	meanShift   = 9        // the mean is kept in 1/512
	maxPrefix   = 9        // as many ones announce a value stored verbatim
	runBits     = 16       // size of a verbatim run length
	maxMean     = 0xFFFF   // a larger value sets the mean to this
	quietMean   = 512 >> 2 // below this mean a run of zeros follows
	runMeanBias = 16       // rounding of the mean where a run's k is chosen
)

// A riceCoding holds the parameters of one channel's residuals.
type riceCoding struct {
	initialMean uint32
	maxK        int    // 1..maxKB
	history     uint32 // weight of a new value in the mean, in 1/512
	valueBits   uint   // size of a verbatim value, at most 25
}

// residuals reads len(out) residuals. Each is a Golomb code whose parameter k
// follows the running mean of what was read:
//
//	value:  q ones (0..8), a zero, k bits v      -> q*(2^k-1) + v-1, if v >= 2
//	        q ones (0..8), a zero, k-1 zero bits -> q*(2^k-1)
//	        9 ones, valueBits bits v             -> v
//
// The sign is the lowest bit. Where the mean gets small, the length of a run of
// zeros follows in the same code; after a run the next value cannot be zero, so
// it is stored less one.
func (c riceCoding) residuals(r *bitReader, out []int32) error {
	buf, pos, end := r.buf, r.pos, r.end
	mean, afterRun := c.initialMean, uint32(0)
	for i := 0; i < len(out); {
		k := min(c.maxK, bits.Len32(mean>>meanShift+3)-1)
		value, used := golomb(load(buf, pos), uint(k), 1<<(k&31)-1, c.valueBits)
		if pos += used; pos > end {
			return errTruncated
		}
		folded := value + afterRun
		out[i] = int32(folded>>1) ^ -int32(folded&1)
		i++
		mean += c.history*folded - c.history*mean>>meanShift
		if value > maxMean {
			mean = maxMean
		}
		afterRun = 0
		if mean >= quietMean || i == len(out) {
			continue
		}
		run, used := golomb(load(buf, pos), runK(mean), c.runMask(mean), runBits)
		if pos += used; pos > end {
			return errTruncated
		}
		if run > uint32(len(out)-i) {
			return errZeroRun
		}
		clear(out[i : i+int(run)])
		i += int(run)
		mean, afterRun = 0, 1
		if run >= maxMean {
			afterRun = 0
		}
	}
	r.pos = pos
	return nil
}

// runK is the Golomb parameter of a run's length: 2..8.
func runK(mean uint32) uint {
	return uint(bits.LeadingZeros32(mean)) - 24 + uint(mean+runMeanBias)>>6
}

// runMask is 2^k-1 for a run, cut to the limit of the stream.
func (c riceCoding) runMask(mean uint32) uint32 {
	return (1<<runK(mean) - 1) & (1<<c.maxK - 1)
}

// golomb reads one code from the top of w and returns its length in bits, at
// most maxPrefix+escapeBits. k is 1..16, factor is 2^k-1 or a stream's limit.
func golomb(w uint64, k uint, factor uint32, escapeBits uint) (value uint32, used uint) {
	ones := uint(bits.LeadingZeros64(^w))
	if ones >= maxPrefix {
		return uint32(w << maxPrefix >> ((64 - escapeBits) & 63)), maxPrefix + escapeBits
	}
	v := uint32(w << (ones + 1) >> ((64 - k) & 63))
	if v >= 2 {
		return uint32(ones)*factor + v - 1, ones + 1 + k
	}
	return uint32(ones) * factor, ones + k
}
