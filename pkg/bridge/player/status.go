package player

import (
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A Snapshot is what one renderer shows of itself at one moment.
type Snapshot struct {
	Name     string // as the renderer calls itself; empty while it is away, as what follows
	UDN      string // always known
	Address  string
	Location string // URL of its description
	Model    string
	OpenHome bool // it is driven by OpenHome, since it has no AVTransport

	State  State
	Since  time.Time // of State
	Reason string    // why State was entered, or begun anew
	Paused bool      // somebody paused it at itself

	Level  float64 // 0 to 1, on the sender's scale, as last known
	Muted  bool
	Stream stream.Stats // of the stream, or of the last one

	Codec    audio.Codec     // these four are how it is given its sound
	Length   settings.Length // how the stream states its length
	Class    string          // DIDL class
	Verified bool            // it plays in this format, by all that is known

	StartDelay    time.Duration // from the first audible packet to its sound at a renderer that does not buffer
	SoundingAfter time.Duration // from Play to its first sound, as it counts; 0: it does not report that
	// SoundingUncertainty is the width of what SoundingAfter may be: the renderer counts
	// whole seconds. It gets narrower in the first seconds.
	SoundingUncertainty time.Duration
	SoundBegan          time.Time // as it reports; zero: not known
	Clock               Clock
}

// Away reports whether the renderer is not on the network.
func (s Snapshot) Away() bool { return s.Address == "" }

// status is what the loop publishes.
type status struct {
	udn    string
	target *Target // nil: away

	state  State
	since  time.Time
	reason string
	paused bool

	stream     *stream.Stream     // nil: none is open
	lastStream stream.Stats       // of the one before
	format     quirk.StreamFormat // of stream
	verified   bool
	lead       time.Duration // silence that stream began with

	soundingAfter       time.Duration
	soundingUncertainty time.Duration
	startupTime         time.Duration // expected from a start to its first sound; 0: not known
	soundBegan          time.Time     // behind the lead
	clock               Clock
}

// publishedStatus is the status that any goroutine may read.
type publishedStatus struct {
	mu  sync.Mutex // guards now
	now status
}

func newStatus(udn string) *publishedStatus {
	return &publishedStatus{now: status{udn: udn, since: time.Now()}}
}

func (p *publishedStatus) read() status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *publishedStatus) update(change func(*status)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.now)
}

// moved notes a move of the machine; acted says that it did something.
func (p *publishedStatus) moved(to State, acted bool, reason string) {
	p.update(func(s *status) {
		if s.state != to || acted {
			s.reason = reason
		}
		if s.state != to {
			s.state, s.since = to, time.Now()
		}
	})
}

// opened notes the stream that begins.
func (p *publishedStatus) opened(st *stream.Stream, format quirk.StreamFormat, lead time.Duration) {
	p.update(func(s *status) {
		s.stream, s.format, s.lead = st, format, lead
		s.verified, s.soundingAfter, s.soundingUncertainty, s.soundBegan = false, 0, 0, time.Time{}
	})
}

func (p *publishedStatus) state() State { return p.read().state }

// startup is how long the renderer is expected to take to its first sound; ok is
// false while it is away.
func (p *publishedStatus) startup() (took time.Duration, ok bool) {
	s := p.read()
	return s.startupTime, s.target != nil
}

// lead is the silence that the stream began with, and its codec.
func (p *publishedStatus) lead() (time.Duration, audio.Codec) {
	s := p.read()
	return s.lead, s.format.Codec
}

// snapshot is all but the volume.
func (p *publishedStatus) snapshot() Snapshot {
	s := p.read()
	shown := Snapshot{
		UDN:   s.udn,
		State: s.state, Since: s.since, Reason: s.reason,
		Paused: s.paused && s.stream != nil,
		Stream: s.lastStream,
		Codec:  s.format.Codec, Length: s.format.Length, Class: s.format.Class, Verified: s.verified,
		SoundingAfter: s.soundingAfter, SoundingUncertainty: s.soundingUncertainty, SoundBegan: s.soundBegan,
		Clock: s.clock,
	}
	if t := s.target; t != nil {
		shown.Name, shown.Model, shown.Location = t.Name, t.Model, t.Location
		shown.Address, shown.OpenHome = t.Address.String(), t.OpenHome
	}
	if s.stream != nil {
		shown.Stream = s.stream.Stats()
	}
	if first := shown.Stream.FirstByte; !first.IsZero() {
		shown.StartDelay = first.Sub(shown.Stream.Opened) + s.lead
	}
	return shown
}
