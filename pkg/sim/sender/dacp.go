package sender

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	controlPath      = "/ctrl-int/1/"
	volumeCommand    = "setproperty?dmcp.device-volume="
	controlTimeout   = 5 * time.Second
	maxControlHeader = 16 << 10
	// maxCommands bounds what a ControlPoint remembers; the oldest go.
	maxCommands = 4096
)

// knownCommands are what iTunes understands without pairing, as shairport-sync
// (dacp.c) sends them.
var knownCommands = []string{
	"beginff", "beginrew", "mutetoggle", "nextitem", "pause", "play", "playpause",
	"playresume", "previtem", "shuffle_songs", "stop", "volumedown", "volumeup",
}

// ControlOptions describe a ControlPoint.
type ControlOptions struct {
	Local        netip.Addr             // to listen on; the zero Addr: 127.0.0.1
	ActiveRemote string                 // the token that a command has to carry
	Status       int                    // of a command obeyed; 0: 204 as iTunes, iOS says 200
	OnCommand    func(command string)   // called for each command obeyed; may be nil
	OnVolume     func(volumeDB float64) // called for each volume, Mute among them; may be nil
}

// A ControlPoint is the side of a sender that receivers steer: DACP over HTTP. It
// records what it is told. Announcing it as "iTunes_Ctrl_" and its DACP-ID among
// _dacp._tcp is left to the owner.
type ControlPoint struct {
	options  ControlOptions
	listener net.Listener

	mu       sync.Mutex // guards all below
	commands []string
	refused  int
}

// ListenControl opens the port of a ControlPoint; Run serves it.
func ListenControl(ctx context.Context, o ControlOptions) (*ControlPoint, error) {
	if !o.Local.IsValid() {
		o.Local = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if o.Status == 0 {
		o.Status = http.StatusNoContent
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", netip.AddrPortFrom(o.Local, 0).String())
	if err != nil {
		return nil, fmt.Errorf("sender: remote control: %w", err)
	}
	return &ControlPoint{options: o, listener: l}, nil
}

// Port is where it listens.
func (c *ControlPoint) Port() uint16 {
	return c.listener.Addr().(*net.TCPAddr).AddrPort().Port()
}

// Run serves until ctx ends; the port is closed then.
func (c *ControlPoint) Run(ctx context.Context) error {
	server := &http.Server{Handler: c, ReadTimeout: controlTimeout, WriteTimeout: controlTimeout, MaxHeaderBytes: maxControlHeader}
	g, serving := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := server.Serve(c.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("sender: remote control: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-serving.Done()
		return server.Close()
	})
	return g.Wait()
}

// Commands are those obeyed so far, in the order in which they came: "nextitem",
// "setproperty?dmcp.device-volume=-12.5".
func (c *ControlPoint) Commands() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.commands)
}

// Refused counts the requests that were not obeyed.
func (c *ControlPoint) Refused() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused
}

// ServeHTTP obeys a command: 403 without the right token, 404 for what is none.
func (c *ControlPoint) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	command, ok := strings.CutPrefix(req.URL.RequestURI(), controlPath)
	volumeDB, isVolume := parseVolume(command)
	switch {
	case req.Header.Get("Active-Remote") != c.options.ActiveRemote:
		c.refuse(w, http.StatusForbidden)
		return
	case !ok || req.Method != http.MethodGet || !isVolume && !slices.Contains(knownCommands, command):
		c.refuse(w, http.StatusNotFound)
		return
	}
	c.record(command)
	if c.options.OnCommand != nil {
		c.options.OnCommand(command)
	}
	if isVolume && c.options.OnVolume != nil {
		c.options.OnVolume(volumeDB)
	}
	w.WriteHeader(c.options.Status)
}

func (c *ControlPoint) refuse(w http.ResponseWriter, status int) {
	c.mu.Lock()
	c.refused++
	c.mu.Unlock()
	w.WriteHeader(status)
}

func (c *ControlPoint) record(command string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.commands) == maxCommands {
		c.commands = slices.Delete(c.commands, 0, 1)
	}
	c.commands = append(c.commands, command)
}

// parseVolume reads a volume in the sender's dB: -30 to 0, or Mute.
func parseVolume(command string) (volumeDB float64, ok bool) {
	text, ok := strings.CutPrefix(command, volumeCommand)
	if !ok {
		return 0, false
	}
	volumeDB, err := strconv.ParseFloat(text, 64)
	return volumeDB, err == nil && (volumeDB == Mute || volumeDB >= -30 && volumeDB <= 0)
}
