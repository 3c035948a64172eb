// Package sender is a simulated AirPlay 1 (RAOP) sender, for `breezeway demo` and the
// tests.
//
// It speaks the real protocol: RTSP with Apple-Challenge, RSA-wrapped AES key
// and digest password, ALAC (compressed or not) or L16 over UDP, sync packets,
// answers to timing and resend requests. On demand it behaves as real networks
// and senders do: it loses, doubles and reorders packets from a seed, runs its
// clock fast or slow, starts close to a wrap of the sequence number or the
// timestamp, and leaves out what some senders leave out. Left out: discovery
// (it is given an address), DACP, and TCP audio.
package sender

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"
)

// Encryption says how the audio is encrypted.
type Encryption uint8

const (
	EncryptionNone Encryption = iota
	EncryptionRSA             // AES-128-CBC, its key wrapped for the AirPort's RSA key
)

// A Codec is the form of the audio payload.
type Codec uint8

const (
	ALAC             Codec = iota // compressed, as Apple's senders
	ALACUncompressed              // escape frames without end tag, as PulseAudio and PipeWire
	L16                           // big-endian PCM
)

const (
	// DefaultLatency is what iTunes and PulseAudio claim: 2 seconds.
	DefaultLatency = 88200
	// NoLatency is what PipeWire 0.3 claims.
	NoLatency = -1
	// DefaultFrameLength is the frames of a packet of every known sender.
	DefaultFrameLength = 352

	defaultUserAgent = "BreezewaySender/1.0"
	maxFrameLength   = 352 // more would not fit the packet of an Ethernet as L16
)

// Options describe a sender. Only Addr must be set.
type Options struct {
	Addr        netip.AddrPort // of the receiver's RTSP port
	Local       netip.Addr     // to send from; the zero Addr: as the system chooses
	Encryption  Encryption
	Codec       Codec
	Password    string
	FrameLength int    // frames of a packet, 1 to 352; 0: DefaultFrameLength
	Latency     int    // frames from sending to hearing, told in sync packets; 0: DefaultLatency
	ALACLine    bool   // announce L16 with the fmtp line of ALAC too, as pyatv
	NoMarker    bool   // never mark the first packet, as airtunes2; iOS does not after FLUSH
	NoResend    bool   // never answer a resend request, as PipeWire 0.3 and airtunes2
	UserAgent   string // "": our own
	Habits      Habits

	StartSeq       uint16 // sequence number of the first packet
	StartTimestamp uint32 // timestamp of the first frame

	Seed      uint64  // of all chance below
	Loss      float64 // share of audio packets, resent ones too, that get lost
	Duplicate float64 // share of audio packets that arrive twice
	Reorder   float64 // share of audio packets that are overtaken by 1 to 3 others
	DriftPPM  float64 // how much faster the sender's clock runs, in millionths
	Speed     float64 // times real time; 0: 1. Other values are for receivers that keep no time

	Log zerolog.Logger
}

// A Sender is one RAOP session. Run must run from before Connect until the end;
// Connect, Send, Flush, Record and Teardown have one caller at a time, the other
// methods may be called beside them.
type Sender struct {
	options  Options
	key      *rsa.PublicKey // the receiver's
	clock    clock
	counters counters
	session  *session // from Connect on
	sessionC chan *session

	endOnce sync.Once
	endedC  chan struct{} // closed by Close
}

// New makes a sender; it opens and starts nothing.
func New(o Options) (*Sender, error) {
	if o.FrameLength == 0 {
		o.FrameLength = DefaultFrameLength
	}
	if o.Latency == 0 {
		o.Latency = DefaultLatency
	}
	if o.UserAgent == "" {
		o.UserAgent = defaultUserAgent
	}
	if o.Speed == 0 {
		o.Speed = 1
	}
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	key, err := airportKey()
	if err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	return &Sender{
		options:  o,
		key:      key,
		clock:    newClock(o.DriftPPM),
		sessionC: make(chan *session),
		endedC:   make(chan struct{}),
	}, nil
}

func (o Options) check() error {
	if !o.Addr.IsValid() {
		return errors.New("no address to send to")
	}
	if o.FrameLength < 1 || o.FrameLength > maxFrameLength {
		return fmt.Errorf("frame length %d is not in 1..%d", o.FrameLength, maxFrameLength)
	}
	if o.Speed < 0 {
		return fmt.Errorf("speed %v is below 0", o.Speed)
	}
	for name, share := range map[string]float64{"loss": o.Loss, "duplicate": o.Duplicate, "reorder": o.Reorder} {
		if share < 0 || share > 1 {
			return fmt.Errorf("%s %v is not in 0..1", name, share)
		}
	}
	return nil
}

// latency is Options.Latency without its special values.
func (o Options) latency() uint32 {
	if o.Latency == NoLatency {
		return 0
	}
	return uint32(o.Latency)
}

// Run answers the receiver's timing and resend requests from Connect on. It
// returns nil when ctx ends or after Close, and the session ends with it.
func (s *Sender) Run(ctx context.Context) error {
	defer s.Close()
	var current *session
	select {
	case <-ctx.Done():
		return nil
	case <-s.endedC:
		return nil
	case current = <-s.sessionC:
	}
	g, running := errgroup.WithContext(ctx)
	g.Go(func() error { return current.link.answerTiming(s.clock) })
	g.Go(func() error { return current.link.answerResends() })
	g.Go(func() error {
		select {
		case <-running.Done():
		case <-s.endedC:
		}
		return current.close()
	})
	return g.Wait()
}

// Close ends the session without TEARDOWN, as a sender does that leaves the network. It may be called twice.
func (s *Sender) Close() {
	s.endOnce.Do(func() { close(s.endedC) })
}

// Stats are the numbers up to now.
func (s *Sender) Stats() Stats { return s.counters.snapshot() }
