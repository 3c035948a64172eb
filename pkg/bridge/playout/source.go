package playout

import "time"

// A Source gives the sound of one session, decoded, in the order in which it is
// to be played. PacketSource is the one for AirPlay 1; sound that comes by another
// transport needs another source, and nothing else.
//
// Recover and Next are called by the goroutine of Playout.Run alone, the rest by
// any.
type Source interface {
	// Recover asks the sender again for what is missing; it is called once for
	// each time that Playout wakes.
	Recover(now time.Time)
	// Next returns the next step at now. Its PCM is valid until the next call.
	Next(now time.Time) Step
	// ReadyC is signalled when sound came after a Break without Wake.
	ReadyC() <-chan struct{}
	// FirstDue is when the audible sound that was reported last is due: not before
	// now, and not more than the source's latency after it.
	FirstDue(now time.Time) time.Time
	// SenderLatency is the time that the sender expects between its sending and
	// the ear; 0: it did not say.
	SenderLatency() time.Duration
	// SetRendererBuffer says how much sound every renderer has still to play, at
	// least; 0: not known, or there is none. The source may wait for a packet that
	// is missing for as long as nobody hears the wait.
	SetRendererBuffer(least time.Duration)
}

// A StepKind says what Next found.
type StepKind uint8

const (
	// Wait: nothing is due before Wake.
	Wait StepKind = iota
	// Sound: PCM is due at Due. What stands for lost packets is sound as well.
	Sound
	// Break: the sound broke off, as after a FLUSH. Nothing comes before Wake, or,
	// where that is zero, before ReadyC is signalled.
	Break
)

// A Step is what a source has at one moment.
type Step struct {
	Kind StepKind
	PCM  []int32 // with Sound: interleaved samples
	Due  time.Time
	Wake time.Time
}
