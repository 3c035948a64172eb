//go:build linux

package lan_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// A clocked sound lets a delayMeter measure two things. Its left channel is a tone, which
// bends where a frame is missing or too many. Its right channel rises evenly
// during markTime and falls at once: its level says which moment is heard. Both
// have some noise, the right one much of it in every other half of noiseTime: as
// FLAC these passages take twice as many bytes.
const (
	pieceTime     = 40 * time.Second // a whole number of all below
	markTime      = 4 * time.Second
	noiseTime     = 20 * time.Second
	toneHertz     = 441
	toneAmplitude = 8000
	markAmplitude = 12000
	quietNoise    = 8
	loudNoise     = 2000
	// bendLimit is half more than the tone and its noise bend: a missing frame is
	// five times as much.
	bendLimit = 96
)

// clockedPiece is a piece of clocked sound that a repetition of itself follows
// without a seam.
func clockedPiece() []int32 {
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(most int) float64 { return float64(random.IntN(2*most+1) - most) }
	rate := audio.CD.SampleRate
	pcm := make([]int32, 0, 2*audio.CD.Frames(pieceTime))
	for i := range int(audio.CD.Frames(pieceTime)) {
		level := quietNoise
		if audio.CD.Duration(int64(i))%noiseTime >= noiseTime/2 {
			level = loudNoise
		}
		mark := float64(audio.CD.Duration(int64(i))%markTime)/float64(markTime) - 0.5
		pcm = append(pcm,
			int32(math.Round(toneAmplitude*math.Sin(2*math.Pi*toneHertz*float64(i)/float64(rate))+noise(quietNoise))),
			int32(math.Round(2*markAmplitude*mark+noise(level))))
	}
	return pcm
}

// measureEvery is the time over which a delayMeter averages.
const measureEvery = 5 * time.Second

// A Measurement is what a delayMeter prints each measureEvery, as a line of JSON.
type Measurement struct {
	AtMS      int64 // since the first sound
	DelayUS   int64 // of the sound, beside a constant: by the average since the last time
	Frames    int64
	Seams     int
	Underruns int
}

const measurementPrefix = "heard "

// A delayMeter finds gaps in clocked sound and measures its delay. One goroutine plays
// to it.
type delayMeter struct {
	underruns func() int // of the speaker so far

	started  time.Time // reference of the delay
	first    time.Time // sound
	reported time.Time
	last     [2]int32 // of the left channel
	delay    time.Duration
	sum      time.Duration
	marks    int
	measured Measurement
}

func newDelayMeter() *delayMeter { return &delayMeter{started: time.Now()} }

// Write takes packed 16-bit stereo that is being heard.
func (m *delayMeter) Write(b []byte) (int, error) {
	now := time.Now()
	m.countSeams(b)
	if m.measured.Frames == 0 {
		return len(b), nil
	}
	if m.first.IsZero() {
		m.first, m.reported = now, now
	}
	m.measureDelay(b, now)
	if now.Sub(m.reported) >= measureEvery {
		m.report(now)
	}
	return len(b), nil
}

// countSeams looks for bends in the left channel.
func (m *delayMeter) countSeams(b []byte) {
	for at := 0; at+4 <= len(b); at += 4 {
		v := int32(int16(binary.LittleEndian.Uint16(b[at:])))
		if m.measured.Frames == 0 && v == 0 {
			continue
		}
		bend := v - 2*m.last[1] + m.last[0]
		if m.measured.Frames > int64(audio.CD.SampleRate)/10 && max(bend, -bend) > bendLimit {
			m.measured.Seams++
		}
		m.last = [2]int32{m.last[1], v}
		m.measured.Frames++
	}
}

// measureDelay takes the moment that the right channel tells of.
func (m *delayMeter) measureDelay(b []byte, now time.Time) {
	var sum, frames int64
	least, most := int64(math.MaxInt16), int64(math.MinInt16)
	for at := 0; at+4 <= len(b); at += 4 {
		v := int64(int16(binary.LittleEndian.Uint16(b[at+2:])))
		sum += v
		frames++
		least, most = min(least, v), max(most, v)
	}
	if frames == 0 || most-least > markAmplitude {
		return // the mark falls
	}
	place := float64(sum)/float64(frames)/(2*markAmplitude) + 0.5
	delay := now.Sub(m.started) - time.Duration(place*float64(markTime))
	// The delay goes on from where it was, by whole markTimes.
	m.delay = delay - (delay - m.delay).Round(markTime)
	m.sum += m.delay
	m.marks++
}

func (m *delayMeter) report(now time.Time) {
	m.measured.AtMS = now.Sub(m.first).Milliseconds()
	m.measured.DelayUS = (m.sum / time.Duration(max(m.marks, 1))).Microseconds()
	m.measured.Underruns = m.underruns()
	line, err := json.Marshal(m.measured)
	if err != nil {
		panic(err) // numbers alone
	}
	fmt.Println(measurementPrefix + string(line))
	m.reported, m.sum, m.marks = now, 0, 0
}
