package e2e_test

import (
	"encoding/binary"
	"slices"
	"sync"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// A recorder captures what a speaker plays, as pieces of sound with silence between
// them.
type recorder struct {
	mu     sync.Mutex // guards below
	pieces [][]int32
	silent bool // the last frame was silent
	count  int  // samples, silence not counted
}

func newRecorder() *recorder { return &recorder{silent: true} }

// Write takes packed 16-bit stereo.
func (rec *recorder) Write(b []byte) (int, error) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for at := 0; at+4 <= len(b); at += 4 {
		left := int32(int16(binary.LittleEndian.Uint16(b[at:])))
		right := int32(int16(binary.LittleEndian.Uint16(b[at+2:])))
		quiet := left == 0 && right == 0
		if !quiet {
			if rec.silent {
				rec.pieces = append(rec.pieces, nil)
			}
			last := &rec.pieces[len(rec.pieces)-1]
			*last = append(*last, left, right)
			rec.count += 2
		}
		rec.silent = quiet
	}
	return len(b), nil
}

// samples is how many samples of sound were recorded, silence not counted.
func (rec *recorder) samples() int {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.count
}

// soundPieces are the pieces so far.
func (rec *recorder) soundPieces() [][]int32 {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return slices.Clone(rec.pieces)
}

// wantPieces fails the test unless these pieces were recorded, and no others.
func (rec *recorder) wantPieces(t *testing.T, want ...[]int32) {
	t.Helper()
	got := rec.soundPieces()
	if len(got) != len(want) {
		t.Errorf("want %d pieces of sound %v, got %v", len(want), lengths(want), lengths(got))
		return
	}
	for i := range want {
		if !slices.Equal(want[i], got[i]) {
			t.Errorf("piece %d of %d samples: got %d samples, of which the first %d are right",
				i, len(want[i]), len(got[i]), commonPrefix(want[i], got[i]))
		}
	}
}

func lengths(pieces [][]int32) []int {
	var n []int
	for _, p := range pieces {
		n = append(n, len(p))
	}
	return n
}

// commonPrefix is how many samples two pieces begin with alike.
func commonPrefix(a, b []int32) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// wantPart fails the test unless piece is a part of music, and returns the index of
// its first sample in music.
func wantPart(t *testing.T, music, piece []int32) int {
	t.Helper()
	const mark = 64 // so many samples occur only once in test music
	for at := 0; len(piece) >= mark && at+len(piece) <= len(music); at += audio.CD.Channels {
		if slices.Equal(music[at:at+mark], piece[:mark]) {
			if n := commonPrefix(music[at:], piece); n != len(piece) {
				t.Errorf("want %d samples in one piece, only the first %d are", len(piece), n)
			}
			return at
		}
	}
	t.Errorf("want a part of the music, got %d samples of something else", len(piece))
	return 0
}
