package web

import (
	"math"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
)

// Speaker is one in Status.
type Speaker struct {
	ID           string      `json:"id"` // 12 hexadecimal digits, as in mDNS
	Name         string      `json:"name"`
	Model        string      `json:"model,omitempty"`
	UDN          string      `json:"udn"`
	Address      string      `json:"address,omitempty"` // none while it is away
	Location     string      `json:"location,omitempty"`
	RTSPPort     uint16      `json:"rtspPort"`
	OpenHome     bool        `json:"openHome,omitempty"` // driven by OpenHome, since it has no AVTransport
	State        string      `json:"state"`              // "idle", "armed", "playing", "held", "waiting", "yielded", "parked"
	Since        time.Time   `json:"since,omitzero"`
	Because      string      `json:"because,omitempty"`
	Codec        string      `json:"codec,omitempty"`        // of the session
	StartDelayMS int64       `json:"startDelayMS,omitempty"` // to the first sound at the speaker
	Volume       float64     `json:"volume"`                 // 0 to 1
	VolumeFixed  bool        `json:"volumeFixed"`            // it is not turned from here, nor by senders
	Muted        bool        `json:"muted"`
	Sender       *Sender     `json:"sender"`    // null without a session
	Steerable    bool        `json:"steerable"` // the sender takes commands
	Sound        Sound       `json:"sound"`     // of this session or the last
	NowPlaying   *NowPlaying `json:"nowPlaying"`
	Members      []Member    `json:"members,omitempty"`  // of a group
	SpreadMS     int64       `json:"spreadMS,omitempty"` // between the first and the last member's sound
	Delivery
}

// Delivery is how one renderer is given its sound in this session, and what became
// of it. Of a group, each member has its own.
type Delivery struct {
	Way             *Way   `json:"way,omitempty"`             // none while no stream was opened
	Paused          bool   `json:"paused,omitempty"`          // by a hand at the speaker
	SoundingAfterMS int64  `json:"soundingAfterMS,omitempty"` // from Play to its first sound, as it counts
	Drift           *Drift `json:"drift,omitempty"`           // none while its clock is not followed
}

// Way is how a stream is offered.
type Way struct {
	Codec  string `json:"codec"`
	Length string `json:"length"` // "none", "chunked", "fake"
	Class  string `json:"class,omitempty"`
	Proven bool   `json:"proven"` // it plays so, by all that is known; else it is being tried
}

// Drift is what is known of a renderer's clock.
type Drift struct {
	By       string  `json:"by"`                 // measured by: "position", "none"
	TargetMS int64   `json:"targetMS,omitempty"` // delay that is held; none while it is learned
	DelayMS  int64   `json:"delayMS,omitempty"`  // delay now
	PPM      float64 `json:"ppm"`                // correction, in parts per million
}

// Sender is who plays.
type Sender struct {
	Name      string    `json:"name,omitempty"`
	UserAgent string    `json:"userAgent,omitempty"`
	Address   string    `json:"address"`
	Began     time.Time `json:"began"`
	LatencyMS int64     `json:"latencyMS,omitempty"` // from its sending to the ear, as it counts on it
	DriftPPM  float64   `json:"driftPPM,omitempty"`  // how much faster than ours its clock is
}

// Sound counts what came and what went on.
type Sound struct {
	Packets     uint64 `json:"packets"`   // that came
	Recovered   uint64 `json:"recovered"` // of these, after a request
	Late        uint64 `json:"late"`      // too late to be played
	Lost        uint64 `json:"lost"`      // never came
	ConcealedMS int64  `json:"concealedMS"`
	StarvedMS   int64  `json:"starvedMS"` // of silence, since nothing came at all
	Undecoded   uint64 `json:"undecoded"` // packets
	Readers     int    `json:"readers"`   // of the stream
	BytesRead   int64  `json:"bytesRead"` // by them
	Behind      int64  `json:"behindBytes"`
	Overruns    uint64 `json:"overruns"` // readers that were too slow
	Deaf        bool   `json:"deaf"`     // the sender answers no requests for lost packets
	WaitsMS     int64  `json:"waitsMS"`  // how long after its time a missing packet is waited for
}

// NowPlaying is what the sender tells of the music.
type NowPlaying struct {
	Title     string `json:"title,omitempty"`
	Artist    string `json:"artist,omitempty"`
	Album     string `json:"album,omitempty"`
	Artwork   string `json:"artwork,omitempty"`   // path of the picture, another for each
	ElapsedMS int64  `json:"elapsedMS,omitempty"` // at Now of the Status
	LengthMS  int64  `json:"lengthMS,omitempty"`  // 0: not known, or radio
}

// Member is one renderer of a group.
type Member struct {
	Name     string    `json:"name,omitempty"`
	UDN      string    `json:"udn"`
	Address  string    `json:"address,omitempty"`
	OpenHome bool      `json:"openHome,omitempty"` // as in Speaker
	State    string    `json:"state"`
	Since    time.Time `json:"since,omitzero"`
	Because  string    `json:"because,omitempty"`
	Codec    string    `json:"codec,omitempty"`
	Volume   float64   `json:"volume"`
	Muted    bool      `json:"muted"`
	Delivery
}

func speakerOf(s bridge.Speaker, now time.Time) Speaker {
	shown := Speaker{
		ID:           s.ID.String(),
		Name:         s.Name,
		Model:        s.Model,
		UDN:          s.UDN,
		Address:      s.Address,
		Location:     s.Location,
		RTSPPort:     s.Port,
		OpenHome:     s.OpenHome,
		State:        s.State,
		Since:        s.Since,
		Because:      s.Because,
		StartDelayMS: s.StartDelay.Milliseconds(),
		Volume:       s.Level,
		VolumeFixed:  s.VolumeFixed,
		Muted:        s.Muted,
		Steerable:    s.Steerable,
		Sound:        soundOf(s),
		NowPlaying:   nowPlayingOf(s, now),
		SpreadMS:     s.Spread.Milliseconds(),
	}
	if !s.Began.IsZero() {
		shown.Codec = s.Codec.String()
		if s.Members == nil {
			shown.Delivery = deliveryOf(s.Renderers()[0])
		}
		shown.Sender = &Sender{
			Name: s.Client.Name, UserAgent: s.Client.UserAgent, Address: s.Client.Addr.Addr().String(), Began: s.Began,
			LatencyMS: s.Sender.Latency.Milliseconds(), DriftPPM: math.Round(s.Sender.DriftPPM*10) / 10,
		}
	}
	for _, m := range s.Members {
		shown.Members = append(shown.Members, memberOf(m, shown.Sender != nil))
	}
	return shown
}

func soundOf(s bridge.Speaker) Sound {
	j := s.Jitter
	return Sound{
		Packets:     j.Received,
		Recovered:   j.Recovered,
		Late:        j.Late,
		Lost:        j.Lost,
		ConcealedMS: audio.CD.Duration(int64(j.ConcealedFrames)).Milliseconds(),
		StarvedMS:   audio.CD.Duration(int64(j.StarvedFrames)).Milliseconds(),
		Undecoded:   s.Undecoded,
		Readers:     s.Stream.Readers,
		BytesRead:   s.Stream.BytesRead,
		Behind:      s.Stream.Behind,
		Overruns:    s.Stream.Overruns,
		Deaf:        j.Deaf,
		WaitsMS:     j.Patience.Milliseconds(),
	}
}

// nowPlayingOf is nil where the sender tells nothing.
func nowPlayingOf(s bridge.Speaker, now time.Time) *NowPlaying {
	n := s.NowPlaying
	if n.Track == (raop.Track{}) && n.Artwork.Type == "" && n.Progress == (raop.Progress{}) {
		return nil
	}
	elapsed := n.Progress.Elapsed
	if s.Playing() {
		elapsed = n.Progress.ElapsedAt(now)
	}
	shown := &NowPlaying{
		Title:     n.Track.Title,
		Artist:    n.Track.Artist,
		Album:     n.Track.Album,
		ElapsedMS: elapsed.Milliseconds(),
		LengthMS:  n.Progress.Length.Milliseconds(),
	}
	if pictureTypes[n.Artwork.Type] {
		shown.Artwork = ArtworkPath(s.ID, n.Serial)
	}
	return shown
}

func memberOf(m bridge.Member, playing bool) Member {
	shown := Member{
		Name: m.Name, UDN: m.UDN, Address: m.Address, OpenHome: m.OpenHome,
		State: m.State, Since: m.Since, Because: m.Because,
		Volume: m.Level, Muted: m.Muted,
	}
	if playing {
		shown.Codec, shown.Delivery = m.Codec.String(), deliveryOf(m)
	}
	return shown
}

func deliveryOf(m bridge.Member) Delivery {
	d := Delivery{Paused: m.Paused, SoundingAfterMS: m.SoundingAfter.Milliseconds()}
	if !m.Stream.Opened.IsZero() {
		d.Way = &Way{Codec: m.Codec.String(), Length: m.Length.String(), Class: m.Class, Proven: m.Proven}
	}
	if m.Drift.By != "" {
		d.Drift = &Drift{By: m.Drift.By, DelayMS: m.Drift.Delay.Milliseconds(), PPM: m.Drift.PPM}
		if m.Drift.Learned {
			d.Drift.TargetMS = m.Drift.Target.Milliseconds()
		}
	}
	return d
}
