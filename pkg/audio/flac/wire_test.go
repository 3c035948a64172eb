package flac

import (
	"bytes"
	"fmt"
	"testing"
	"unicode/utf8"
)

// The check values are those of the catalogues of CRCs: CRC-8/SMBUS and
// CRC-16/UMTS of "123456789".
func TestCRC(t *testing.T) {
	if want, got := byte(0xF4), crc8([]byte("123456789")); want != got {
		t.Errorf("CRC-8: want %#x, got %#x", want, got)
	}
	if want, got := []byte{0xFE, 0xE8}, appendCRC16(nil, []byte("123456789")); !bytes.Equal(want, got) {
		t.Errorf("CRC-16: want %x, got %x", want, got)
	}
}

func TestAppendNumber(t *testing.T) {
	for _, n := range []rune{0, 1, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xFFFF, 0x10000, utf8.MaxRune} {
		if want, got := utf8.AppendRune(nil, n), appendNumber(nil, uint32(n)); !bytes.Equal(want, got) {
			t.Errorf("%#x: want %x, got %x", n, want, got)
		}
	}
	// Beyond UTF-8's range today.
	for n, want := range map[uint32]string{
		0x1FFFFF:       "f7bfbfbf",
		0x200000:       "f888808080",
		0x3FFFFFF:      "fbbfbfbfbf",
		0x4000000:      "fc8480808080",
		maxFrameNumber: "fdbfbfbfbfbf",
	} {
		if got := fmt.Sprintf("%x", appendNumber(nil, n)); want != got {
			t.Errorf("%#x: want %s, got %s", n, want, got)
		}
	}
}

func TestBlockSizeCode(t *testing.T) {
	for frames, want := range map[int]byte{
		1: 6, 16: 6, 192: 1, 255: 6, 256: 8, 257: 7, 352: 7, 512: 9, 576: 2, 704: 7,
		1024: 10, 1152: 3, 1728: 7, 2048: 11, 2304: 4, 4096: 12, 4608: 5,
	} {
		if got := blockSizeCode(frames); want != got {
			t.Errorf("%d frames: want code %d, got %d", frames, want, got)
		}
	}
}

// TestRiceParameterBounds checks that the size promised is never exceeded: a
// frame's room is reserved by it.
func TestRiceParameterBounds(t *testing.T) {
	for _, values := range [][]uint32{{0}, {1, 0, 0}, {7, 7, 7, 7}, {1 << 31}, {1<<32 - 1, 0}, {100, 3, 5, 1 << 20}} {
		sum := uint64(0)
		for _, v := range values {
			sum += uint64(v)
		}
		k, size := riceParameter(sum, len(values))
		used := uint64(0)
		for _, v := range values {
			used += uint64(v>>k) + 1 + uint64(k)
		}
		if used > size {
			t.Errorf("%v: promised %d bits, used %d", values, size, used)
		}
	}
}

// TestRiceLongRuns writes quotients around the size of the accumulator.
func TestRiceLongRuns(t *testing.T) {
	for _, k := range []uint{0, 1, 14, 30} {
		for quotient := range min(200, uint32(1)<<(32-k)-1) {
			w := bitWriter{buf: make([]byte, 64)}
			w.write(1, 3)
			w.rice([]uint32{quotient << k}, k)
			got := w.align()
			want := &bitWriter{buf: make([]byte, 64)}
			want.write(1, 3)
			for range quotient {
				want.write(0, 1)
			}
			want.write(1, 1)
			want.write(0, k)
			if !bytes.Equal(want.align(), got) {
				t.Fatalf("k %d, quotient %d: got %x", k, quotient, got)
			}
		}
	}
}

// TestFirstPartitionHoldsResiduals: a partition must be longer than the order
// of the predictor (RFC 9639 section 9.2.7), however well others would fit.
func TestFirstPartitionHoldsResiduals(t *testing.T) {
	folded := []uint32{0, 0, 0, 0, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 0, 0, 0, 0}
	if got := bestPartitioning(folded, 16).order; got > 1 {
		t.Errorf("want partition order 0 or 1 for 16 frames less 4, got %d", got)
	}
	if want, got := 2, bestPartitioning(append([]uint32{0}, folded...), 16).order; want != got {
		t.Errorf("want partition order %d for 16 frames less 3, got %d", want, got)
	}
}
