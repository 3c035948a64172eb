package bridge

import (
	"net/netip"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

// A Snapshot is the state of everything at one moment: page, API, metrics,
// health and notifications are all made from it. What the Manager does not know
// is filled in by its owner.
type Snapshot struct {
	Started   time.Time
	Speakers  []Speaker          // by name
	Listening ssdp.ListenerState // to what devices announce

	Interfaces []string // in use, by name; the owner's, as what follows
	HTTP       HTTPPort
	MDNS       mdns.Stats
	Named      []netip.Addr // hosts of the speakers that the user named
}

// An HTTPPort is where streams, events and health are served.
type HTTPPort struct {
	Port  uint16 // 0: it is not open
	First uint16 // that was wanted, 0 for any; Port differs where another program has it
}

// A Speaker is what one bridge shows of itself: for pages, metrics and health.
type Speaker struct {
	Name     string    // as senders see it
	ID       raop.ID   // its AirPlay identity
	UDN      string    // the renderer's
	Address  string    // the renderer's; empty while it is away
	Location string    // URL of its description; likewise
	Model    string    // as it calls itself; likewise
	Port     uint16    // RTSP
	State    string    // "idle", "armed", "playing", "held", "waiting", "yielded"
	Since    time.Time // of State
	Because  string    // why State was entered

	Client     raop.ClientInfo // of the session; zero without one
	Began      time.Time       // of the session
	StartDelay time.Duration   // from the first audible packet to its sound at a renderer that does not buffer
	Codec      audio.Codec
	Level      float64 // 0 to 1, the renderer's as last known
	Muted      bool    // likewise
	Jitter     jitter.Stats
	Undecoded  uint64 // packets that no decoder takes
	Stream     stream.Stats
}

// Playing reports whether a sender's sound goes to the renderer.
func (s Speaker) Playing() bool { return s.State == statePlaying.String() }

// status is what the control loop publishes for Snapshot.
type status struct {
	name    string
	state   state
	since   time.Time
	because string
	target  *target

	client     raop.ClientInfo
	began      time.Time
	pipeline   *pipeline
	stream     *stream.Stream
	codec      audio.Codec
	lead       time.Duration // silence that the stream began with
	lastJitter jitter.Stats  // of the session that ended
	lastStream stream.Stats
}

// update changes the status under its lock.
func (b *Bridge) update(change func(*status)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.status)
}

// Snapshot shows the bridge as it is now.
func (b *Bridge) Snapshot() Speaker {
	b.mu.Lock()
	st := b.status
	b.mu.Unlock()
	s := Speaker{
		Name:    st.name,
		ID:      b.options.Receiver.ID,
		Port:    b.Port(),
		State:   st.state.String(),
		Since:   st.since,
		Because: st.because,
		Client:  st.client,
		Began:   st.began,
		Codec:   st.codec,
		Jitter:  st.lastJitter,
		Stream:  st.lastStream,
	}
	if st.target != nil {
		s.Address = st.target.address.String()
		s.Location, s.Model = st.target.location(), st.target.model
	}
	loud, _ := b.volume.now(time.Now())
	s.Level, s.Muted = loud.level, loud.mute
	if st.pipeline != nil {
		s.Jitter = st.pipeline.buffer.Stats()
		s.Undecoded = st.pipeline.undecoded.Load()
	}
	if st.stream != nil {
		s.Stream = st.stream.Stats()
	}
	if first := s.Stream.FirstByte; !first.IsZero() {
		s.StartDelay = first.Sub(s.Stream.Opened) + st.lead
	}
	return s
}

// location is the URL of the description, with which the fingerprint begins.
func (t *target) location() string {
	location, _, _ := strings.Cut(t.fingerprint, " ")
	return location
}
