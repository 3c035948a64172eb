package alac_test

import (
	"math/bits"

	"github.com/breezeway-audio/breezeway/pkg/audio/alac"
)

// An encoder writes packets of any shape that the format allows. It is slow
// and literal: the loops of the format's description, none of the decoder's
// shortcuts. Its fields are those of the packet.
type encoder struct {
	config       alac.Config
	hasSize      bool
	escape       bool
	end          bool
	bytesShifted int
	mixBits      int
	mixRes       int32
	mode         int
	denShift     int
	pbFactor     int
	coefs        []int16 // of each channel alike, newest sample's first
	order        int     // len(coefs), or 31
}

// A bitWriter appends bits, most significant first.
type bitWriter struct {
	bytes []byte
	used  int // bits
}

func (w *bitWriter) write(v uint32, n int) {
	for i := n - 1; i >= 0; i-- {
		if w.used%8 == 0 {
			w.bytes = append(w.bytes, 0)
		}
		w.bytes[w.used/8] |= byte(v>>i&1) << (7 - w.used%8)
		w.used++
	}
}

// packet encodes interleaved pcm.
func (e encoder) packet(pcm []int32) []byte {
	w := &bitWriter{}
	w.write(uint32(e.config.Channels-1), 3)
	w.write(0, 4+12)
	w.write(bit(e.hasSize), 1)
	w.write(uint32(e.bytesShifted), 2)
	w.write(bit(e.escape), 1)
	if e.hasSize {
		w.write(uint32(len(pcm)/e.config.Channels), 32)
	}
	if e.escape {
		for _, s := range pcm {
			w.write(uint32(s), e.config.BitDepth)
		}
	} else {
		e.compress(w, pcm)
	}
	if e.end {
		w.write(7, 3)
	}
	return w.bytes
}

func bit(set bool) uint32 {
	if set {
		return 1
	}
	return 0
}

func (e encoder) compress(w *bitWriter, pcm []int32) {
	w.write(uint32(e.mixBits), 8)
	w.write(uint32(e.mixRes), 8)
	for range e.config.Channels {
		w.write(uint32(e.mode), 4)
		w.write(uint32(e.denShift), 4)
		w.write(uint32(e.pbFactor), 3)
		w.write(uint32(e.order), 5)
		for i := range e.order {
			c := int16(0)
			if i < len(e.coefs) {
				c = e.coefs[i]
			}
			w.write(uint32(c), 16)
		}
	}
	low := 8 * e.bytesShifted
	for _, s := range pcm {
		w.write(uint32(s), low)
	}
	sampleBits := e.config.BitDepth - low + e.config.Channels - 1
	for _, samples := range e.mix(pcm, low) {
		residuals := e.predict(samples, sampleBits)
		if e.mode != 0 {
			residuals = differences(residuals, sampleBits)
		}
		e.golomb(w, residuals, sampleBits)
	}
}

// mix splits pcm into the channels U and V, or the only one.
func (e encoder) mix(pcm []int32, low int) [][]int32 {
	if e.config.Channels == 1 {
		u := make([]int32, len(pcm))
		for i, s := range pcm {
			u[i] = s >> low
		}
		return [][]int32{u}
	}
	u, v := make([]int32, len(pcm)/2), make([]int32, len(pcm)/2)
	for i := range u {
		left, right := pcm[2*i]>>low, pcm[2*i+1]>>low
		u[i], v[i] = left, right
		if e.mixRes != 0 {
			v[i] = left - right
			u[i] = right + e.mixRes*v[i]>>e.mixBits
		}
	}
	return [][]int32{u, v}
}

func wrap(v int32, n int) int32 { return v << (32 - n) >> (32 - n) }

func differences(x []int32, n int) []int32 {
	out := []int32{x[0]}
	for i := 1; i < len(x); i++ {
		out = append(out, wrap(x[i]-x[i-1], n))
	}
	return out
}

func signum(v int32) int32 { return int32(min(max(int(v), -1), 1)) }

func (e encoder) predict(x []int32, n int) []int32 {
	switch e.order {
	case 0:
		return x
	case 31:
		return differences(x, n)
	}
	c := make([]int16, e.order)
	copy(c, e.coefs)
	out := differences(x, n)
	for j := e.order + 1; j < len(x); j++ {
		top, sum := x[j-e.order-1], int32(1)<<e.denShift>>1
		for k := range c {
			sum += int32(c[k]) * (x[j-1-k] - top)
		}
		del := wrap(x[j]-top-sum>>e.denShift, n)
		out[j] = del
		direction := signum(del)
		for k := e.order - 1; k >= 0 && del*direction > 0; k-- {
			d := top - x[j-1-k]
			s := direction * signum(d)
			c[k] -= int16(s)
			del -= int32(e.order-k) * (s * d >> e.denShift)
		}
	}
	return out
}

func (e encoder) golomb(w *bitWriter, residuals []int32, valueBits int) {
	history := uint32(e.config.PB * e.pbFactor / 4)
	mean, less := uint32(e.config.MB), uint32(0)
	for i := 0; i < len(residuals); {
		folded := uint32(residuals[i]<<1 ^ residuals[i]>>31)
		i++
		k := min(e.config.KB, 31-bits.LeadingZeros32(mean>>9+3))
		writeCode(w, folded-less, k, 1<<k-1, valueBits)
		mean = history*folded + mean - history*mean>>9
		if folded-less > 65535 {
			mean = 65535
		}
		less = 0
		if mean*4 >= 512 || i == len(residuals) {
			continue
		}
		run := 0
		for i < len(residuals) && residuals[i] == 0 {
			run, i = run+1, i+1
		}
		k = bits.LeadingZeros32(mean) - 24 + int(mean+16)>>6
		writeCode(w, uint32(run), k, (1<<k-1)&(1<<e.config.KB-1), 16)
		mean, less = 0, 1
	}
}

func writeCode(w *bitWriter, v uint32, k int, m uint32, escapeBits int) {
	quotient, rest := v/m, v%m
	if quotient >= 9 {
		w.write(1<<9-1, 9)
		w.write(v, escapeBits)
		return
	}
	w.write(1<<quotient-1, int(quotient))
	w.write(0, 1)
	if rest == 0 {
		w.write(0, k-1)
	} else {
		w.write(rest+1, k)
	}
}
