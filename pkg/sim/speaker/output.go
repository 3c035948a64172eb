package speaker

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// Stats count what a speaker fetched and played since its start. The times are
// those of the latest stream.
type Stats struct {
	Requests     int           // GETs of streams
	BytesRead    int64         // of their bodies
	FramesPlayed int64         // of all streams
	FramesKept   int64         // of them in Samples
	Underruns    int           // times that the next sound was not there when it was due
	Starved      time.Duration // silence that came from them
	RequestedAt  time.Time     // GET sent
	FirstByteAt  time.Time     // first byte of the body
	FirstSoundAt time.Time     // first frame heard
}

// output is the loudspeaker: it counts, keeps and passes on what is played.
type output struct {
	capture    io.Writer
	keepFrames int
	packed     []byte // only played uses it

	mu         sync.Mutex // guards what follows
	stats      Stats
	samples    []int32
	f          audio.Format // of the latest stream
	station    string       // icy-name of the latest stream that had one
	titles     []string     // that came inside the streams
	captureErr error        // the first one; nothing is captured after it
}

func newOutput(capture io.Writer, keepFrames int) *output {
	return &output{capture: capture, keepFrames: keepFrames}
}

func (o *output) requested() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stats.Requests++
	o.stats.RequestedAt, o.stats.FirstByteAt, o.stats.FirstSoundAt = time.Now(), time.Time{}, time.Time{}
}

func (o *output) received(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stats.BytesRead += int64(n)
	if n > 0 && o.stats.FirstByteAt.IsZero() {
		o.stats.FirstByteAt = time.Now()
	}
}

func (o *output) starved(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stats.Underruns++
	o.stats.Starved += d
}

// played takes sound that is being heard. It is called by one goroutine.
func (o *output) played(f audio.Format, pcm []int32) {
	frames := len(pcm) / f.Channels
	o.mu.Lock()
	if o.stats.FirstSoundAt.IsZero() {
		o.stats.FirstSoundAt = time.Now()
	}
	o.f = f
	kept := max(0, min(frames, o.keepFrames-int(o.stats.FramesKept)))
	o.samples = append(o.samples, pcm[:kept*f.Channels]...)
	o.stats.FramesPlayed += int64(frames)
	o.stats.FramesKept += int64(kept)
	capturing := o.capture != nil && o.captureErr == nil
	o.mu.Unlock()
	if capturing {
		o.write(f, pcm)
	}
}

func (o *output) write(f audio.Format, pcm []int32) {
	o.packed = o.packed[:0]
	for _, s := range pcm {
		for shift := 0; shift < f.BitDepth; shift += 8 {
			o.packed = append(o.packed, byte(s>>shift))
		}
	}
	if _, err := o.capture.Write(o.packed); err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.captureErr = fmt.Errorf("speaker: capture: %w", err)
	}
}

func (o *output) snapshot() (Stats, audio.Format, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stats, o.f, o.captureErr
}

func (o *output) icy() (station string, titles []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.station, slices.Clone(o.titles)
}

func (o *output) kept() []int32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.samples)
}
