// Package sonos is a simulated Sonos household, for the tests: players
// in rooms, stereo pairs, home theatres with satellites, bridges, and groups
// that change while they play.
//
// Each player fetches and plays as package speaker does, and is found and
// described as a ZonePlayer: ZoneGroupTopology with events, DeviceProperties,
// GroupRenderingControl, and AVTransport, which only the coordinator of a
// group obeys. What a coordinator plays is heard in every room of its group.
//
// It follows what SoCo (zonegroupstate.py, groups.py) and the reports of users
// tell about real players; it has not been compared with one. Left out: queues,
// joining by x-rincon URIs, events of groups' volumes, of inputs and of
// AVTransport where a player begins to follow another, IPv6.
package sonos

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// A Generation is that of the players' software.
type Generation uint8

const (
	S2 Generation = iota
	S1            // its topology has no <ZoneGroups>, and satellites are invisible members
)

var generationNames = [...]string{"S2", "S1"}

// String gives Sonos' name of g.
func (g Generation) String() string {
	if int(g) < len(generationNames) {
		return generationNames[g]
	}
	return fmt.Sprintf("Generation(%d)", uint8(g))
}

// Options describe a household. Only ID, Listen and Players must be set.
type Options struct {
	ID         string // "Sonos_..."
	Generation Generation
	Listen     netip.Addr     // of all players, each with a port of its own
	SSDPGroup  netip.AddrPort // multicast group and port; the zero value: not found by search
	Players    []PlayerOptions
	TooLarge   bool // GetZoneGroupState is answered with 501, as with some twenty players
	Speaker    speaker.Quirks
	Pace       speaker.Pace
	KeepFrames int // frames kept for each player's Samples
	Log        zerolog.Logger
}

// PlayerOptions describe one player.
type PlayerOptions struct {
	Room            string
	Listen          netip.Addr // in place of the household's
	IgnoresSearches bool       // its answers to searches are lost
	Volume          int        // 0..100
	Satellites      int        // players bound to this one: subwoofer, left and right surround
	Bridge          bool       // makes no sound
	FixedOutput     bool       // its volume cannot be turned
	Model           string     // "Sonos Play:1"; empty: "Sonos One"
	Capture         io.Writer  // gets what Samples keeps, without a limit, packed, little-endian; may be nil
}

// innerTimeout bounds a call to an inner speaker.
const innerTimeout = 10 * time.Second

// channels of a home theatre's satellites, by their number.
var channels = [...]string{"SW", "LR", "RR"}

// A Household is a number of players. New makes it, Run makes it work.
type Household struct {
	options Options
	players []*Player    // in the order of Options, satellites after their own
	client  *http.Client // to the inner speakers
	readyC  chan struct{}

	mu     sync.Mutex // guards what follows, and what players say is guarded
	groups [][]*Player
	ratios map[*Player]map[*Player]int // volumes at the last snapshot, by coordinator
}

// New makes a household of players that each play by themselves. It opens and
// starts nothing.
func New(o Options) (*Household, error) {
	h := &Household{
		options: o,
		client:  &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: innerTimeout},
		readyC:  make(chan struct{}),
		ratios:  make(map[*Player]map[*Player]int),
	}
	for _, each := range o.Players {
		p, err := h.add(each, nil)
		if err != nil {
			return nil, err
		}
		h.groups = append(h.groups, []*Player{p})
		if each.Satellites > len(channels) {
			return nil, fmt.Errorf("sonos: %s: %d satellites: there are %d at most", each.Room, each.Satellites, len(channels))
		}
		for range each.Satellites {
			if _, err := h.add(PlayerOptions{Room: each.Room}, p); err != nil {
				return nil, err
			}
		}
	}
	return h, nil
}

// add makes a player, a satellite if theatre is not nil.
func (h *Household) add(o PlayerOptions, theatre *Player) (*Player, error) {
	p, err := newPlayer(h, o, uuidOf(h.options.ID, o.Room, len(h.players)))
	if err != nil {
		return nil, err
	}
	if theatre != nil {
		p.theatre = theatre
		theatre.satellites = append(theatre.satellites, p)
	}
	h.players = append(h.players, p)
	return p, nil
}

// uuidOf makes a player's name, always the same for the same place.
func uuidOf(household, room string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", household, room, n))
	return fmt.Sprintf("RINCON_%X01400", sum[:6])
}

// Run serves until ctx ends, and then returns nil. It runs once.
func (h *Household) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, p := range h.players {
		if err := p.open(ctx); err != nil {
			return err
		}
	}
	for _, p := range h.players {
		group.Go(func() error { return p.run(ctx) })
	}
	if h.options.SSDPGroup.IsValid() {
		a, err := newAnswerer(h)
		if err != nil {
			return err
		}
		group.Go(func() error { return a.run(ctx) })
	}
	group.Go(func() error {
		for _, p := range h.players {
			select {
			case <-p.inner.Ready():
			case <-ctx.Done():
				return nil
			}
		}
		close(h.readyC)
		return nil
	})
	return group.Wait()
}

// Ready is closed when the players can be found and used.
func (h *Household) Ready() <-chan struct{} { return h.readyC }

// Players are all, satellites too.
func (h *Household) Players() []*Player { return h.players }

// Player is the first one of a room, nil if there is none.
func (h *Household) Player(room string) *Player {
	for _, p := range h.players {
		if p.options.Room == room {
			return p
		}
	}
	return nil
}
