package sonos

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

const (
	frameBytes  = 4 // 16-bit stereo: Sonos' players take nothing else from us
	headTimeout = 10 * time.Second
)

// A Player is one player of a household.
type Player struct {
	household  *Household
	options    PlayerOptions
	uuid       string
	inner      *speaker.Speaker // fetches and plays
	topology   *device.Publisher
	events     *device.Eventing
	listener   net.Listener // from Run on
	satellites []*Player
	theatre    *Player // whose satellite this one is
	recording  recording

	pair *Player // right half; guarded by Household.mu
	left *Player // the half that stands for both; guarded by Household.mu

	asked atomic.Int64 // GetZoneGroupState calls

	mu     sync.Mutex // guards loaded
	loaded loaded
}

func newPlayer(h *Household, o PlayerOptions, uuid string) (*Player, error) {
	if !o.Listen.IsValid() {
		o.Listen = h.options.Listen
	}
	p := &Player{
		household: h, options: o, uuid: uuid,
		topology: device.NewPublisher(device.PublisherOptions{Snapshot: h.variables}),
		events:   device.NewEventing(o.Listen, serverName),
	}
	p.recording.limit, p.recording.capture = h.options.KeepFrames*frameBytes, o.Capture
	quirks := h.options.Speaker
	quirks.FixedVolume = quirks.FixedVolume || o.FixedOutput
	inner, err := speaker.New(speaker.Options{
		Name:    o.Room,
		UDN:     "uuid:" + uuid + "_MR",
		Listen:  o.Listen,
		Volume:  o.Volume,
		Pace:    h.options.Pace,
		Capture: playedBy{p},
		Quirks:  quirks,
		Log:     h.options.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("sonos: %w", err)
	}
	p.inner = inner
	return p, nil
}

// leader is the player that stands for p's room. The caller holds the
// household's lock.
func (p *Player) leader() *Player {
	switch {
	case p.theatre != nil:
		return p.theatre
	case p.left != nil:
		return p.left
	}
	return p
}

// open opens the port that the player is controlled at.
func (p *Player) open(ctx context.Context) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", netip.AddrPortFrom(p.options.Listen, 0).String())
	if err != nil {
		return fmt.Errorf("sonos: %w", err)
	}
	p.listener = listener
	return nil
}

func (p *Player) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.inner.Run(ctx) })
	group.Go(func() error { return p.events.Run(ctx) })
	server := &http.Server{ReadHeaderTimeout: headTimeout, ReadTimeout: headTimeout}
	group.Go(func() error {
		select {
		case <-ctx.Done():
		case <-p.inner.Ready():
			server.Handler = p.handler()
			if err := server.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("sonos: %w", err)
			}
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return errors.Join(server.Close(), ignoreClosed(p.listener.Close()))
	})
	return group.Wait()
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// UUID names the player, as "RINCON_949F3EC2A40201400".
func (p *Player) UUID() string { return p.uuid }

// Room is the name that people gave.
func (p *Player) Room() string { return p.options.Room }

// Location is the URL of the description, once the household is ready.
func (p *Player) Location() string {
	return "http://" + p.listener.Addr().String() + descriptionPath
}

// Subscribers is how many follow the topology through the player.
func (p *Player) Subscribers() int { return p.topology.Subscribers() }

// Volume is the player's own, and whether it is muted.
func (p *Player) Volume() (volume int, mute bool) { return p.inner.Volume() }

// SetVolume turns the knob at the player.
func (p *Player) SetVolume(volume int) { p.inner.SetVolume(volume) }

// State is where the player's own transport stands.
func (p *Player) State() speaker.TransportState { return p.inner.State() }

// Calls are the latest SOAP calls to the player's AVTransport and
// RenderingControl that were not answered by the household.
func (p *Player) Calls() []speaker.Call { return p.inner.Calls() }

// Samples are the sound that was heard of this player since the start, its own
// and that of its coordinators, interleaved 16-bit stereo.
func (p *Player) Samples() []int16 { return p.recording.samples() }

// playedBy passes on what a player's own transport plays to all that hear it.
type playedBy struct{ p *Player }

func (w playedBy) Write(packed []byte) (int, error) {
	for _, each := range w.p.household.listeners(w.p) {
		each.recording.add(packed)
	}
	return len(packed), nil
}

// recording keeps packed sound, up to a limit, and passes it on.
type recording struct {
	mu      sync.Mutex // guards all below; held while capture writes, to keep the order
	limit   int
	sound   []byte
	capture io.Writer // nil once it failed
}

func (h *recording) add(packed []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	room := max(0, h.limit-len(h.sound))
	h.sound = append(h.sound, packed[:min(room, len(packed))]...)
	if h.capture == nil {
		return
	}
	if _, err := h.capture.Write(packed); err != nil {
		h.capture = nil
	}
}

func (h *recording) samples() []int16 {
	h.mu.Lock()
	defer h.mu.Unlock()
	samples := make([]int16, len(h.sound)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(h.sound[2*i:]))
	}
	return samples
}
