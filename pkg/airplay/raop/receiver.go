// Package raop is one virtual AirPlay 1 receiver (RAOP, the Remote Audio
// Output Protocol of the AirPort Express): RTSP dialogue, session, password,
// RSA and AES, the three UDP sockets with sync, timing and resends, volume and
// metadata. Apple never published the protocol; what is known about it is in the
// comments of the code that needs it.
//
// A Receiver listens on one TCP port, serves one sender at a time and passes
// everything that it sends to a Handler. Packets are decrypted, and passed on as they
// arrive: reordering, loss, timing and decoding are the owner's job.
//
// The time of a packet is the time of its arrival. A network can only delay packets,
// so those with the least delay show how the sender's clock runs. Sync packets and
// timing replies are not needed for that: they may be missing, blocked (VPN,
// firewall) or wrong, and the few ms of precision that they would add are lost on
// renderers that buffer for seconds. Sync packets carry the latency that the sender
// expects, timing replies show how far its clock drifts.
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
	idleChecks         = 4                 // checks of a silent connection within SessionIdle
	maxTakeovers       = 3                 // senders that one ANNOUNCE may displace
	refusedBurst       = 5                 // log lines about refused requests in refusedPeriod
	refusedPeriod      = time.Minute
)

// Options make a Receiver. Handler and VolumeDB are required.
type Options struct {
	ID       ID
	Password string     // empty: no password is needed
	Listen   netip.Addr // the address to bind; zero: all of them
	// RTSPPorts and UDPPorts may be the same for many receivers: each uses ports
	// that are free. A session needs three UDP ports.
	RTSPPorts, UDPPorts settings.PortRange
	// OnBusyTCP and OnBusyUDP are called with ports in the ranges that were in use,
	// by another program or another receiver. They must not block, and may be
	// nil.
	OnBusyTCP, OnBusyUDP func(port uint16)
	// Takeover sets which senders may end the session of another one that plays; all
	// others are refused.
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
	active *Session   // the one that uses the receiver, or nil
	stats  Stats      // RTSP, Active and the packets of active are not in it
	udp    int        // index in UDPPorts at which the next session begins
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

// Run serves senders until ctx ends, after Listen. When it returns, every session has
// ended and its Teardown has been handled.
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

// claim makes s the active session of the receiver. A session that is active already
// is ended if Options.Takeover allows it.
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

// tryClaim makes s the active session, or returns the session that is.
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

// release frees the receiver if s is the active session.
func (r *Receiver) release(s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.active == s {
		r.active = nil
		r.stats.Packets.add(s.udp.packetStats())
	}
}

// nextUDP is the index in UDPPorts at which the next session begins. It differs from
// session to session, so that late packets of one do not reach the next.
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

// logRefused logs a request that was refused, or malformed input, rate-limited.
func (r *Receiver) logRefused(peer rtsp.Peer, err error) {
	r.refusedLog.Warn().Err(err).Stringer("sender", peer.Remote).Msg("request refused")
}
