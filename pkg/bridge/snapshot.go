package bridge

import (
	"net/netip"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A Snapshot is the state of everything at one moment: page, API, metrics,
// health and notifications are all made from it. What the Manager does not know
// is filled in by its owner.
type Snapshot struct {
	Started   time.Time
	Speakers  []Speaker          // by name
	Listening ssdp.ListenerState // to what devices announce
	Search    ssdp.Stats
	Announced ssdp.ListenerStats // announcements of devices
	// LeftOut are the hosts of renderers that are not offered: a rule says so, or
	// they are a part of another speaker. Those that speak AirPlay are not among it.
	LeftOut []netip.Addr

	Interfaces []string // in use, by name; the owner's, as what follows
	HTTP       HTTPPort
	MDNS       mdns.Stats
	UPnP       upnp.Stats   // of the client that controls the renderers
	Named      []netip.Addr // hosts of the speakers that the user named
}

// An HTTPPort is where streams, events, page and health are served.
type HTTPPort struct {
	Port  uint16 // 0: it is not open
	First uint16 // that was wanted, 0 for any; Port differs where another program has it
}

// A Speaker is what one bridge shows of itself: for pages, metrics and health.
// Of a group, what concerns a renderer is that of the member which is nearest
// to sound.
type Speaker struct {
	Name     string  // as senders see it
	ID       raop.ID // its AirPlay identity
	UDN      string  // the renderer's, or an identity that stands for a group
	Address  string  // the renderer's; empty while it is away
	Location string  // URL of its description; likewise
	Model    string  // as it calls itself; likewise
	Port     uint16  // RTSP
	State    State
	Since    time.Time // of State
	Reason   string    // why State was entered, or begun anew

	Client     raop.ClientInfo // of the session; zero without one
	Began      time.Time       // of the session
	Sender     Sender          // of the session
	StartDelay time.Duration   // from the first audible packet to its sound at a renderer that does not buffer
	Codec      audio.Codec
	Level      float64    // 0 to 1, on the sender's scale, as last known
	Muted      bool       // likewise
	Receiver   raop.Stats // connections and sessions since the speaker is offered
	Jitter     jitter.Stats
	Undecoded  uint64 // packets that no decoder takes
	Stream     stream.Stats
	NowPlaying raop.NowPlaying // what the session's sender tells of the music

	Length        settings.Length // these six as in Member
	Class         string
	Proven        bool
	Paused        bool
	SoundingAfter time.Duration
	OpenHome      bool

	Steerable   bool // the session's sender takes commands
	VolumeFixed bool // neither senders nor Manager.SetVolume turn it
	Drift       Drift
	Members     []Member      // of a group; nil for a single speaker
	Spread      time.Duration // between the first and the last member's sound, as they tell it
}

// A Sender is what is measured of the one that plays.
type Sender struct {
	Latency  time.Duration // from its sending to the ear, as it counts on it; 0: it did not say
	DriftPPM float64       // how much faster than ours its clock is; 0 as long as that is not known
}

// Playing reports whether a sender's sound goes to the renderer.
func (s Speaker) Playing() bool { return s.State == StatePlaying }

// Renderers are those that the speaker plays on: the members of a group, or the one
// of a single speaker, called as the speaker is.
func (s Speaker) Renderers() []Member {
	if s.Members != nil {
		return s.Members
	}
	return []Member{{
		Name: s.Name, UDN: s.UDN, Address: s.Address, Location: s.Location, Model: s.Model,
		State: s.State, Since: s.Since, Reason: s.Reason,
		StartDelay: s.StartDelay, Codec: s.Codec, Level: s.Level, Muted: s.Muted, Stream: s.Stream,
		Length: s.Length, Class: s.Class, Proven: s.Proven, Paused: s.Paused, SoundingAfter: s.SoundingAfter,
		OpenHome: s.OpenHome, Drift: s.Drift,
	}}
}

// A Member is what one renderer of a speaker shows.
type Member struct {
	Name       string // as the renderer calls itself; empty while it is away, as what follows
	UDN        string // always known
	Address    string
	Location   string
	Model      string
	State      State
	Since      time.Time
	Reason     string
	StartDelay time.Duration
	Codec      audio.Codec
	Level      float64
	Muted      bool
	Stream     stream.Stats

	Length        settings.Length // how its stream tells its length
	Class         string          // DIDL class that it was given
	Proven        bool            // it plays in this way, by all that is known
	Paused        bool            // somebody paused it at itself
	SoundingAfter time.Duration   // from Play to its first sound, as it counts; 0: it does not tell
	OpenHome      bool            // it is driven by OpenHome, since it has no AVTransport
	Heard         time.Time       // when its sound began, as it tells; zero: not known
	Drift         Drift
}

// A Drift is what is known of a renderer's clock.
type Drift struct {
	By string // by what it is measured: "position", or "none" before there was enough; empty: it is not followed
	resample.GovernorStats
}
