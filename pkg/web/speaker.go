package web

import (
	"math"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
)

// Speaker is one in Status: an AirPlay speaker, with the renderers that it plays
// on.
type Speaker struct {
	ID          string      `json:"id"` // 12 hexadecimal digits, as in mDNS
	Name        string      `json:"name"`
	UDN         string      `json:"udn"` // its renderer's, or an identity made for a group
	Group       bool        `json:"group"`
	RTSPPort    uint16      `json:"rtspPort"`
	State       string      `json:"state"` // "idle", "connected", "playing", "paused", "paused-at-speaker", "retrying", "released"
	Since       time.Time   `json:"since,omitzero"`
	Reason      string      `json:"reason,omitempty"` // why it is in State
	Away        bool        `json:"away"`             // it does not answer
	Text        string      `json:"text"`             // State in a sentence, and what to do where it is silent
	Volume      float64     `json:"volume"`           // 0 to 1
	VolumeFixed bool        `json:"volumeFixed"`      // neither senders nor the API change it
	Muted       bool        `json:"muted"`
	Sender      *Sender     `json:"sender"`    // null without a session
	Steerable   bool        `json:"steerable"` // the sender accepts commands
	Sound       Sound       `json:"sound"`     // of this session or the last
	NowPlaying  *NowPlaying `json:"nowPlaying"`
	SpreadMS    int64       `json:"spreadMS,omitempty"` // between the first and the last member's sound
	Renderers   []Renderer  `json:"renderers"`          // one, or the members of a group
}

// Sender is the device that plays.
type Sender struct {
	Name      string    `json:"name,omitempty"`
	UserAgent string    `json:"userAgent,omitempty"`
	Address   string    `json:"address"`
	Began     time.Time `json:"began"`
	LatencyMS int64     `json:"latencyMS,omitempty"` // after which it expects its sound to be heard
	DriftPPM  float64   `json:"driftPPM,omitempty"`  // how much faster than ours its clock is
}

// Sound counts the packets of a sender.
type Sound struct {
	Packets        uint64 `json:"packets"`     // received
	Recovered      uint64 `json:"recovered"`   // of these: after a resend request
	Late           uint64 `json:"late"`        // received too late to be played
	Lost           uint64 `json:"lost"`        // never received
	Undecoded      uint64 `json:"undecoded"`   // received, but not decodable
	ConcealedMS    int64  `json:"concealedMS"` // sound filled in for lost packets
	StarvedMS      int64  `json:"starvedMS"`   // silence played because nothing was received
	IgnoresResends bool   `json:"ignoresResends"`
	WaitMS         int64  `json:"waitMS"` // how long after its time a missing packet is waited for, at present
}

// NowPlaying is what the sender says about the music.
type NowPlaying struct {
	Title     string `json:"title,omitempty"`
	Artist    string `json:"artist,omitempty"`
	Album     string `json:"album,omitempty"`
	Artwork   string `json:"artwork,omitempty"`   // path of the picture, another for each
	ElapsedMS int64  `json:"elapsedMS,omitempty"` // at Now of the Status
	LengthMS  int64  `json:"lengthMS,omitempty"`  // 0: not known, or radio
}

func speakerOf(s bridge.Speaker, now time.Time) Speaker {
	nearest := s.Nearest()
	view := Speaker{
		ID:          s.ID.String(),
		Name:        s.Name,
		UDN:         s.UDN,
		Group:       s.Group,
		RTSPPort:    s.Port,
		State:       nearest.State.String(),
		Since:       nearest.Since,
		Reason:      nearest.Reason,
		Away:        s.Away(),
		Text:        speakerText(s, now),
		Volume:      s.Level,
		VolumeFixed: s.VolumeFixed,
		Muted:       s.Muted,
		Sender:      senderOf(s),
		Steerable:   s.Steerable,
		Sound:       soundOf(s),
		NowPlaying:  nowPlayingOf(s, now),
		SpreadMS:    s.Spread.Milliseconds(),
		Renderers:   []Renderer{},
	}
	for _, r := range s.Renderers {
		view.Renderers = append(view.Renderers, rendererOf(r, view.Sender != nil))
	}
	return view
}

// senderOf is nil without a session.
func senderOf(s bridge.Speaker) *Sender {
	if s.Began.IsZero() {
		return nil
	}
	return &Sender{
		Name:      s.Client.Name,
		UserAgent: s.Client.UserAgent,
		Address:   s.Client.Addr.Addr().String(),
		Began:     s.Began,
		LatencyMS: s.Sender.Latency.Milliseconds(),
		DriftPPM:  math.Round(s.Sender.DriftPPM*10) / 10,
	}
}

func soundOf(s bridge.Speaker) Sound {
	j := s.Jitter
	return Sound{
		Packets:        j.Received,
		Recovered:      j.Recovered,
		Late:           j.Late,
		Lost:           j.Lost,
		Undecoded:      s.Undecodable,
		ConcealedMS:    audio.CD.Duration(int64(j.ConcealedFrames)).Milliseconds(),
		StarvedMS:      audio.CD.Duration(int64(j.StarvedFrames)).Milliseconds(),
		IgnoresResends: j.IgnoresResends,
		WaitMS:         j.RetransmitWait.Milliseconds(),
	}
}

// nowPlayingOf is nil where the sender says nothing.
func nowPlayingOf(s bridge.Speaker, now time.Time) *NowPlaying {
	n := s.NowPlaying
	if n.Track == (raop.Track{}) && n.Artwork.Type == "" && n.Progress == (raop.Progress{}) {
		return nil
	}
	elapsed := n.Progress.Elapsed
	if s.Playing() {
		elapsed = n.Progress.ElapsedAt(now)
	}
	view := &NowPlaying{
		Title:     n.Track.Title,
		Artist:    n.Track.Artist,
		Album:     n.Track.Album,
		ElapsedMS: elapsed.Milliseconds(),
		LengthMS:  n.Progress.Length.Milliseconds(),
	}
	if pictureTypes[n.Artwork.Type] {
		view.Artwork = ArtworkPath(s.ID, n.Serial)
	}
	return view
}
