package e2e_test

import (
	"encoding/binary"
	"slices"
	"sync"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// An ear is what a speaker is captured by: the pieces of sound between silence.
type ear struct {
	mu     sync.Mutex // guards below
	pieces [][]int32
	silent bool
	count  int // samples of sound
}

func newEar() *ear { return &ear{silent: true} }

// Write takes packed 16-bit stereo.
func (e *ear) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for at := 0; at+4 <= len(b); at += 4 {
		left := int32(int16(binary.LittleEndian.Uint16(b[at:])))
		right := int32(int16(binary.LittleEndian.Uint16(b[at+2:])))
		quiet := left == 0 && right == 0
		if !quiet {
			if e.silent {
				e.pieces = append(e.pieces, nil)
			}
			last := &e.pieces[len(e.pieces)-1]
			*last = append(*last, left, right)
			e.count += 2
		}
		e.silent = quiet
	}
	return len(b), nil
}

// heard is how many samples of sound there were.
func (e *ear) heard() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.count
}

// all are the pieces so far.
func (e *ear) all() [][]int32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.pieces)
}

// wantPieces fails the test unless the ear heard these pieces and no others.
func (e *ear) wantPieces(t *testing.T, want ...[]int32) {
	t.Helper()
	got := e.all()
	if len(got) != len(want) {
		t.Errorf("want %d pieces of sound %v, got %v", len(want), lengths(want), lengths(got))
		return
	}
	for i := range want {
		if !slices.Equal(want[i], got[i]) {
			t.Errorf("piece %d of %d samples: got %d samples, of which the first %d are right",
				i, len(want[i]), len(got[i]), common(want[i], got[i]))
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

// common is how many samples two pieces begin with alike.
func common(a, b []int32) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// wantPart fails the test unless piece is a part of music, and gives where it
// begins, in samples.
func wantPart(t *testing.T, music, piece []int32) int {
	t.Helper()
	const mark = 64 // samples that are nowhere else
	for at := 0; len(piece) >= mark && at+len(piece) <= len(music); at += audio.CD.Channels {
		if slices.Equal(music[at:at+mark], piece[:mark]) {
			if n := common(music[at:], piece); n != len(piece) {
				t.Errorf("want %d samples in one piece, only the first %d are", len(piece), n)
			}
			return at
		}
	}
	t.Errorf("want a part of the music, got %d samples of something else", len(piece))
	return 0
}
