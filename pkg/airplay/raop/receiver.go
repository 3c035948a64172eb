// Package raop is one virtual AirPlay 1 receiver (RAOP, the Remote Audio
// Output Protocol of the AirPort Express): RTSP dialogue, session, password,
// RSA and AES, the three UDP sockets with sync, timing and resends, volume and
// metadata. Apple never published the protocol; facts stand beside the code
// that needs them.
//
// A Receiver listens on one TCP port, serves one sender at a time and passes
// all that it sends to a Handler. Packets are passed on decrypted, but as they
// arrive: reordering, loss, timing and decoding are the owner's.
//
// The time of a packet is that of its arrival. A network only ever delays, so
// the quickest packets show the sender's clock, and need no help from it: sync
// packets and timing replies may be missing, blocked on their way (VPN,
// firewall) or wrong, and what they would add, the moment of sending to a few
// ms, is lost on renderers that buffer for seconds. Sync packets carry the
// latency that the sender counts on, timing replies show how far its clock drifts.
//
// Left out: AirPlay 2, FairPlay and MFi (both need secrets that Apple keeps),
// AAC, audio over TCP, and the remote control of the sender (DACP).
package raop

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/auth"
	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
	"github.com/breezeway-audio/breezeway/pkg/settings"
	"github.com/rs/zerolog"
)

const (
	defaultSessionIdle = 60 * time.Second
	connectionIdle     = 120 * time.Second // for one without a session
	requestTimeout     = 10 * time.Second  // from a request's first byte to its last
	idleChecks         = 4                 // looks at a silent connection in SessionIdle
	maxTakeovers       = 3                 // senders that one ANNOUNCE may displace
	refusedBurst       = 5                 // log lines about refused requests in refusedPeriod
	refusedPeriod      = time.Minute
)

// Options make a Receiver. Handler and VolumeDB are required.
type Options struct {
	ID       ID
	Password string     // empty: none is asked for
	Listen   netip.Addr // the address to bind; zero: all of them
	// RTSPPorts and UDPPorts may be the same for many receivers: each takes
	// what is free. A session needs three UDP ports.
	RTSPPorts, UDPPorts settings.PortRange
	// OnBusyTCP and OnBusyUDP are called with ports in the ranges that were in use,
	// by another program or another receiver. They must not block, and may be
	// nil.
	OnBusyTCP, OnBusyUDP func(port uint16)
	// Takeover says who may end the session of a sender that plays; all others
	// are refused.
	Takeover settings.Takeover
	Handler  Handler
	// VolumeDB answers GET_PARAMETER: -30 to 0, or -144 for mute.
	VolumeDB func() float64
	// SessionIdle is how long a session lasts without audio and without a
	// request, 60 s if zero. Another value is for tests; no request may take
	// longer to arrive.
	SessionIdle time.Duration
	Log         zerolog.Logger
}

// A Receiver is one AirPlay speaker. Idle, it costs a listener and a goroutine.
type Receiver struct {
	options     Options
	server      *rtsp.Server
	listener    net.Listener // nil before Listen
	authLimiter auth.Limiter
	refusedLog  zerolog.Logger // rate-limited

	mu     sync.Mutex // guards what follows
	active *Session   // the one that holds the receiver, or nil
	stats  Stats      // RTSP, Active and the packets of active are not in it
	udp    int        // where in UDPPorts the next session begins
}

// New makes a Receiver, which does nothing before Listen and Run. It panics
// without Handler or VolumeDB.
func New(options Options) *Receiver {
	if options.Handler == nil || options.VolumeDB == nil {
		panic("raop: Options without Handler or VolumeDB")
	}
	if options.SessionIdle == 0 {
		options.SessionIdle = defaultSessionIdle
	}
	r := &Receiver{options: options}
	r.refusedLog = options.Log.Sample(&zerolog.BurstSampler{Burst: refusedBurst, Period: refusedPeriod})
	r.server = rtsp.NewServer(rtsp.ServerOptions{
		NewHandler:     func(p rtsp.Peer, c rtsp.Conn) rtsp.Handler { return newDialogue(r, p, c) },
		IdleTimeout:    options.SessionIdle / idleChecks,
		RequestTimeout: min(requestTimeout, options.SessionIdle),
		Keep:           func(h rtsp.Handler) bool { return h.(*dialogue).session != nil },
		BodyBytes:      func(h rtsp.Handler) int { return h.(*dialogue).bodyBytes() },
		Alive:          func(h rtsp.Handler) bool { return h.(*dialogue).alive(time.Now()) },
		OnError:        r.logRefused,
	})
	return r
}

// Listen binds the RTSP port.
func (r *Receiver) Listen() error {
	host := ""
	if r.options.Listen.IsValid() {
		host = r.options.Listen.String()
	}
	err := r.options.RTSPPorts.FirstFree(0, r.options.OnBusyTCP, func(port uint16) error {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(port)))
		r.listener = listener
		return err
	})
	if err != nil {
		return fmt.Errorf("raop: bind RTSP: %w", err)
	}
	return nil
}

// Port is the RTSP port, after Listen.
func (r *Receiver) Port() uint16 {
	return r.listener.Addr().(*net.TCPAddr).AddrPort().Port()
}

// Run serves senders until ctx ends, after Listen. When it returns, every session has ended
// and its Teardown has been handed over.
func (r *Receiver) Run(ctx context.Context) error {
	if err := r.server.Serve(ctx, r.listener); err != nil {
		return fmt.Errorf("raop: serve: %w", err)
	}
	return nil
}

// Stats are the counters so far.
func (r *Receiver) Stats() Stats {
	r.mu.Lock()
	stats, active := r.stats, r.active
	r.mu.Unlock()
	stats.RTSP = r.server.Stats()
	if active != nil {
		stats.Active = true
		stats.Packets.add(active.udp.packetStats())
	}
	return stats
}

// claim makes s the session that holds the receiver. The session that holds it
// already is ended if Options.Takeover allows that.
func (r *Receiver) claim(s *Session) error {
	for range maxTakeovers {
		holder := r.tryClaim(s)
		if holder == nil {
			return nil
		}
		same := sameSender(holder.client, s.client)
		if !allows(r.options.Takeover, same) {
			break
		}
		holder.displace(same)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.RefusedBusy++
	return errBusy
}

// tryClaim returns nil, or the session that holds the receiver.
func (r *Receiver) tryClaim(s *Session) (holder *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.active != nil {
		return r.active
	}
	r.active = s
	r.stats.Sessions++
	return nil
}

// release frees the receiver from s, if s holds it.
func (r *Receiver) release(s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.active == s {
		r.active = nil
		r.stats.Packets.add(s.udp.packetStats())
	}
}

// nextUDP is where in UDPPorts the next session begins: each elsewhere, so that
// late packets of one do not reach the next.
func (r *Receiver) nextUDP() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	skip := r.udp
	r.udp += 3
	return skip
}

func (r *Receiver) countFailedLogin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.FailedLogins++
}

// logRefused logs a request that was refused, or bad input, up to a limit.
func (r *Receiver) logRefused(peer rtsp.Peer, err error) {
	r.refusedLog.Warn().Err(err).Stringer("sender", peer.Remote).Msg("request refused")
}
