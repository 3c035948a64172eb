package web

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
)

// Renderer is one device that a speaker plays on.
type Renderer struct {
	UDN             string    `json:"udn"`
	Name            string    `json:"name,omitempty"` // as it calls itself; none while it is away, as the next three
	Model           string    `json:"model,omitempty"`
	Address         string    `json:"address,omitempty"`
	Location        string    `json:"location,omitempty"` // URL of its description
	OpenHome        bool      `json:"openHome,omitempty"` // controlled by OpenHome, since it has no AVTransport
	State           string    `json:"state"`              // as of a Speaker
	Since           time.Time `json:"since,omitzero"`
	Reason          string    `json:"reason,omitempty"` // why it is in State
	Away            bool      `json:"away"`             // it does not answer
	Text            string    `json:"text,omitempty"`   // why it does not play while others of its group do
	Volume          float64   `json:"volume"`           // 0 to 1
	Muted           bool      `json:"muted"`
	Paused          bool      `json:"paused,omitempty"`          // somebody paused it at the speaker
	Stream          *Stream   `json:"stream,omitempty"`          // none while none was opened in this session, as what follows
	StartDelayMS    int64     `json:"startDelayMS,omitempty"`    // from the first audible packet to its sound at the renderer
	SoundingAfterMS int64     `json:"soundingAfterMS,omitempty"` // from Play to the first sound, by the renderer's position
	Clock           *Clock    `json:"clock,omitempty"`           // none while its clock is not followed
}

// Stream is how a renderer gets its sound.
type Stream struct {
	Codec     string `json:"codec"`
	Length    string `json:"length"` // "none", "chunked", "fake"
	Class     string `json:"class,omitempty"`
	Verified  bool   `json:"verified"` // the renderer plays it; else that is not known yet
	Readers   int    `json:"readers"`
	ReadBytes int64  `json:"readBytes"`
	Waiting   int64  `json:"waitingBytes"` // written and not yet fetched
	Overruns  uint64 `json:"overruns"`     // times that the renderer fetched too slowly and missed sound
}

// Clock is the estimate of a renderer's clock.
type Clock struct {
	Measured bool    `json:"measured"`           // by the position that the renderer reports
	TargetMS int64   `json:"targetMS,omitempty"` // the delay to keep; none while it is being learned
	DelayMS  int64   `json:"delayMS,omitempty"`  // the delay now
	PPM      float64 `json:"ppm"`                // correction, in parts per million
}

// rendererOf shows how a renderer gets its sound only with a session.
func rendererOf(r player.Snapshot, session bool) Renderer {
	view := Renderer{
		UDN:      r.UDN,
		Name:     r.Name,
		Model:    r.Model,
		Address:  r.Address,
		Location: r.Location,
		OpenHome: r.OpenHome,
		State:    r.State.String(),
		Since:    r.Since,
		Reason:   r.Reason,
		Away:     r.Away(),
		Text:     rendererText(r),
		Volume:   r.Level,
		Muted:    r.Muted,
	}
	if session {
		view.Paused = r.Paused
		view.Stream = streamOf(r)
		view.StartDelayMS = r.StartDelay.Milliseconds()
		view.SoundingAfterMS = r.SoundingAfter.Milliseconds()
		view.Clock = clockOf(r.Clock)
	}
	return view
}

// streamOf is nil while none was opened.
func streamOf(r player.Snapshot) *Stream {
	if r.Stream.Opened.IsZero() {
		return nil
	}
	return &Stream{
		Codec:     r.Codec.String(),
		Length:    r.Length.String(),
		Class:     r.Class,
		Verified:  r.Verified,
		Readers:   r.Stream.Readers,
		ReadBytes: r.Stream.BytesRead,
		Waiting:   r.Stream.Behind,
		Overruns:  r.Stream.Overruns,
	}
}

// clockOf is nil where the clock is not followed.
func clockOf(d player.Clock) *Clock {
	if !d.Followed {
		return nil
	}
	view := &Clock{Measured: d.Measured, DelayMS: d.Delay.Milliseconds(), PPM: d.PPM}
	if d.Learned {
		view.TargetMS = d.Target.Milliseconds()
	}
	return view
}
