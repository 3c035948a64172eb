package lab

import (
	"bytes"
	"fmt"
	"strings"
)

// The captured sound is matched against the sent one by keys: short pieces of
// the sent sound, one at every stride frames, under which their place is
// found. So any stretch of stride+keyFrames frames that came through intact is
// recognised wherever it lies.
const (
	keyFrames = 8
	keyBytes  = keyFrames * frameBytes
	stride    = 64
)

// A DefectKind says what happened to the sound at one place.
type DefectKind int

// Kinds of defects.
const (
	Dropped  DefectKind = iota // sent frames are absent, the rest moved up
	Repeated                   // sent frames came twice
	Silenced                   // sent frames were overwritten with zeros
	Altered                    // sent frames were overwritten with something else
	Inserted                   // frames stand in between that were never sent
)

func (k DefectKind) String() string {
	return [...]string{"dropped", "repeated", "silenced", "altered", "inserted"}[k]
}

// A Defect is one place where the captured sound leaves the sent one. Places
// are frames from the beginning of the signal and of the capture.
type Defect struct {
	Kind               DefectKind
	SentAt, CapturedAt int
	Frames             int
}

func (d Defect) String() string {
	return fmt.Sprintf("%d frames %s at %d of the signal, %d of the capture", d.Frames, d.Kind, d.SentAt, d.CapturedAt)
}

// A Report says how a signal got through. The signal is the sent sound without
// the silence around it. Lengths are in frames.
type Report struct {
	Signal     int // length
	Found      int // how much of it was found, in pieces that are equal bit by bit
	CapturedAt int // where the first piece begins in the capture
	LostHead   int // missing before the first piece
	LostTail   int // missing after the last piece
	Defects    []Defect
}

// Exact reports whether every frame of the signal came once, unaltered and in
// order, with nothing in between.
func (r Report) Exact() bool {
	return r.Signal > 0 && r.Found == r.Signal && len(r.Defects) == 0
}

func (r Report) String() string {
	if r.Exact() {
		return fmt.Sprintf("exact: all of %d frames", r.Signal)
	}
	if r.Found == 0 {
		return fmt.Sprintf("not found: a signal of %d frames", r.Signal)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "not exact: %d of %d frames, %d lost before, %d lost after, %d defects", r.Found, r.Signal, r.LostHead, r.LostTail, len(r.Defects))
	const shown = 20
	for i, d := range r.Defects {
		if i == shown {
			b.WriteString("\n  ...")
			break
		}
		fmt.Fprintf(&b, "\n  %s", d)
	}
	return b.String()
}

// Compare finds the sent sound in the captured one, wherever it begins.
func Compare(sent, captured []byte) Report {
	signal := trimSilence(sent)
	captured = captured[:len(captured)/frameBytes*frameBytes]
	pieces := match(signal, captured)
	r := Report{Signal: len(signal) / frameBytes}
	if len(pieces) == 0 {
		r.LostHead = r.Signal
		return r
	}
	first, last := pieces[0], pieces[len(pieces)-1]
	r.CapturedAt = first.captured / frameBytes
	r.LostHead = first.sent / frameBytes
	r.LostTail = (len(signal) - last.sentEnd()) / frameBytes
	for i, p := range pieces {
		r.Found += p.length / frameBytes
		if i > 0 {
			r.Defects = append(r.Defects, between(captured, pieces[i-1], p)...)
		}
	}
	return r
}

// A piece is a stretch that is equal in both sounds. All in bytes.
type piece struct{ sent, captured, length int }

func (p piece) sentEnd() int     { return p.sent + p.length }
func (p piece) capturedEnd() int { return p.captured + p.length }

// match cuts captured into the pieces of signal that it holds, in order.
func match(signal, captured []byte) []piece {
	places := index(signal)
	var pieces []piece
	floor := 0 // the end of the last piece: none reaches back over it
	for at := 0; at+keyBytes <= len(captured); {
		place, ok := places[[keyBytes]byte(captured[at:])]
		if !ok {
			at += frameBytes
			continue
		}
		back := equalBefore(signal[:place], captured[floor:at])
		p := piece{sent: place - back, captured: at - back}
		p.length = back + equalAfter(signal[place:], captured[at:])
		pieces = append(pieces, p)
		at = p.capturedEnd()
		floor = at
	}
	return pieces
}

// index maps a key at every stride frames of signal to its place. Keys of
// silence say nothing about a place; of equal keys the first counts.
func index(signal []byte) map[[keyBytes]byte]int {
	places := make(map[[keyBytes]byte]int, len(signal)/(stride*frameBytes)+1)
	for at := 0; at+keyBytes <= len(signal); at += stride * frameBytes {
		key := [keyBytes]byte(signal[at:])
		if _, twice := places[key]; !twice && !silent(key[:]) {
			places[key] = at
		}
	}
	return places
}

// equalBefore is the length of the common end of a and b, in whole frames.
func equalBefore(a, b []byte) int {
	n := 0
	for n+frameBytes <= min(len(a), len(b)) &&
		bytes.Equal(a[len(a)-n-frameBytes:len(a)-n], b[len(b)-n-frameBytes:len(b)-n]) {
		n += frameBytes
	}
	return n
}

// equalAfter is the length of the common beginning of a and b, in whole frames.
func equalAfter(a, b []byte) int {
	n := 0
	for n+frameBytes <= min(len(a), len(b)) && bytes.Equal(a[n:n+frameBytes], b[n:n+frameBytes]) {
		n += frameBytes
	}
	return n
}

// between names what lies between two pieces that follow each other in the
// capture: frames overwritten one for one, then what is too many or too few.
func between(captured []byte, a, b piece) []Defect {
	gap := (b.captured - a.capturedEnd()) / frameBytes
	missing := (b.sent - a.sentEnd()) / frameBytes
	d := Defect{SentAt: a.sentEnd() / frameBytes, CapturedAt: a.capturedEnd() / frameBytes}
	var defects []Defect
	add := func(kind DefectKind, frames int) {
		if frames > 0 {
			d.Kind, d.Frames = kind, frames
			defects = append(defects, d)
		}
	}
	overwritten := Altered
	if silent(captured[a.capturedEnd():b.captured]) {
		overwritten = Silenced
	}
	replaced := max(0, min(gap, missing))
	add(overwritten, replaced)
	add(Inserted, gap-replaced)
	add(Dropped, missing-replaced)
	add(Repeated, -missing)
	return defects
}

func silent(pcm []byte) bool {
	return len(bytes.Trim(pcm, "\x00")) == 0
}

// trimSilence cuts whole frames of zeros off both ends.
func trimSilence(pcm []byte) []byte {
	var zero [frameBytes]byte
	pcm = pcm[:len(pcm)/frameBytes*frameBytes]
	for len(pcm) > 0 && bytes.HasPrefix(pcm, zero[:]) {
		pcm = pcm[frameBytes:]
	}
	for len(pcm) > 0 && bytes.HasSuffix(pcm, zero[:]) {
		pcm = pcm[:len(pcm)-frameBytes]
	}
	return pcm
}
