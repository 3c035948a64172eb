package playout

import (
	"sync/atomic"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
)

const (
	// TargetDelay is how long after it was sent a packet is passed on when all
	// before it are there. That suffices for the hiccups of a network; what comes
	// later is waited for, see retransmitDeadline, while the renderer plays what
	// it has buffered.
	TargetDelay = 200 * time.Millisecond
	// checkEvery is how often holes are looked at while nothing is due.
	checkEvery = 30 * time.Millisecond
	// SenderSilent is how long a sender may send nothing before OnSilent is
	// called. Until then silence keeps the renderer's connection.
	SenderSilent = 30 * time.Second
)

// A Packet is one packet of encoded sound as the network brought it.
type Packet struct {
	Seq       uint16
	Timestamp uint32 // frames, on the sender's clock
	Resent    bool   // it is the answer to a request
	Arrival   time.Time
	Payload   []byte
}

// A Decoder turns one packet's payload into interleaved PCM and says how many
// frames there are.
type Decoder interface {
	Decode(dst []int32, payload []byte) (frames int, err error)
}

// A Sender is what a PacketSource needs of the sender beside its packets.
type Sender interface {
	RequestResend(first uint16, count int) error
	// Latency is what the sender expects between its wire and the ear, in frames.
	Latency() (frames int64, ok bool)
}

// PacketOptions describe the packets of one session.
type PacketOptions struct {
	Format      audio.Format
	FrameLength int           // frames of one packet, at most
	Latency     time.Duration // how late a packet may come
	Sender      Sender
	// NewDecoder makes a decoder for this stream. Two are made: one decodes what
	// is played, one listens to packets as they come.
	NewDecoder func() (Decoder, error)
	// OnSound is called with the arrival of the first audible packet after Listen.
	OnSound func(arrival time.Time)
	// OnSilent is called when nothing came for SenderSilent.
	OnSilent func()
}

// A PacketSource is the Source of a session that sends RTP packets. It puts them
// in order, waits for those that are missing and asks for them again, decodes, and
// fades where packets are lost.
type PacketSource struct {
	options  PacketOptions
	jumps    *jitter.JumpFilter // before timeline and buffer
	buffer   *jitter.Buffer
	timeline *jitter.Timeline
	decoder  Decoder
	fader    *jitter.Fader
	probe    Decoder // of Push, to hear the first sound at its arrival

	listening    atomic.Bool
	firstAudible atomic.Uint32 // timestamp of the audible packet reported last
	undecodable  atomic.Uint64 // packets that the decoder refused

	probed []int32 // Push only

	pcm        []int32 // Recover and Next only, like the rest
	missing    []jitter.Range
	starved    int64  // frames since the last packet
	lastSeq    uint16 // of the last packet that was played
	fellSilent bool   // OnSilent is to be called
}

// NewPacketSource makes the source of a stream; an error is NewDecoder's.
func NewPacketSource(o PacketOptions) (*PacketSource, error) {
	delay := min(TargetDelay, o.Latency)
	buffered := jitter.DefaultOptions(o.Format, o.FrameLength)
	buffered.RetransmitWait = o.Latency - delay
	decoder, err := o.NewDecoder()
	if err != nil {
		return nil, err
	}
	probe, err := o.NewDecoder()
	if err != nil {
		return nil, err
	}
	samples := o.FrameLength * o.Format.Channels
	return &PacketSource{
		options:  o,
		jumps:    jitter.NewJumpFilter(buffered),
		buffer:   jitter.New(buffered),
		timeline: jitter.NewTimeline(o.Format, delay, buffered.RetransmitWait),
		decoder:  decoder,
		fader:    jitter.NewFader(o.Format),
		probe:    probe,
		probed:   make([]int32, samples),
		pcm:      make([]int32, samples),
	}, nil
}

// Push takes one packet from the goroutine that reads the network.
func (s *PacketSource) Push(p Packet) {
	arrived := jitter.Arrival{At: p.Arrival, Packet: jitter.Packet{
		Seq: p.Seq, Timestamp: p.Timestamp, Resent: p.Resent, Payload: p.Payload,
	}}
	for _, a := range s.jumps.Filter(arrived) {
		s.pushFiltered(a)
	}
}

func (s *PacketSource) pushFiltered(a jitter.Arrival) {
	if !a.Resent {
		s.timeline.Observe(a.Timestamp, a.At)
	}
	taken := s.buffer.Push(a.At, a.Packet)
	if taken && s.listening.Load() && s.audible(a.Payload) && s.listening.CompareAndSwap(true, false) {
		s.firstAudible.Store(a.Timestamp)
		s.options.OnSound(a.At)
	}
}

// audible reports whether a payload holds anything but digital silence.
func (s *PacketSource) audible(payload []byte) bool {
	n, err := s.probe.Decode(s.probed, payload)
	return err == nil && !audio.Silent(s.probed[:n*s.options.Format.Channels])
}

// Listen has the next audible packet reported by OnSound.
func (s *PacketSource) Listen() { s.listening.Store(true) }

// Expect says that the stream begins with the packet seq at timestamp.
func (s *PacketSource) Expect(seq uint16, timestamp uint32) { s.buffer.Expect(seq, timestamp) }

// Flush drops the packets before seq, which the sender took back. What it sends
// later may be on another timeline, unless some of that came before the flush.
func (s *PacketSource) Flush(seq uint16, timestamp uint32) {
	if s.buffer.Flush(time.Now(), seq, false) {
		return
	}
	s.restart()
	s.buffer.Expect(seq, timestamp)
}

// restart has the next packet begin a stream with any numbers.
func (s *PacketSource) restart() {
	s.jumps.Reset()
	s.timeline.Reset()
}

// FlushAll drops everything that was sent so far.
func (s *PacketSource) FlushAll() {
	if !s.buffer.Flush(time.Now(), 0, true) {
		s.restart()
	}
}

// Stats are the counts of the jitter buffer.
func (s *PacketSource) Stats() jitter.Stats { return s.buffer.Stats() }

// Undecodable is how many packets the decoder refused: they were damaged.
func (s *PacketSource) Undecodable() uint64 { return s.undecodable.Load() }

// Recover implements Source.
func (s *PacketSource) Recover(now time.Time) {
	s.missing = s.buffer.Missing(now, s.timeline.Due, s.missing[:0])
	for _, r := range s.missing {
		_ = s.options.Sender.RequestResend(r.First, r.Count) // lost like any datagram; asked again soon
	}
}

// Next implements Source.
func (s *PacketSource) Next(now time.Time) Step {
	if s.fellSilent {
		s.fellSilent = false
		s.buffer.Flush(now, 0, true)
		s.options.OnSilent()
	}
	item := s.buffer.Pop(now, s.timeline.Due)
	switch item.Kind {
	case jitter.Play:
		return s.play(item)
	case jitter.Conceal:
		return s.conceal(item)
	case jitter.Starve:
		return s.starve(item)
	case jitter.Wait:
		if !item.Discontinuity {
			return Step{Kind: Wait, Wake: item.Due}
		}
		s.fader.Reset()
		return Step{Kind: Break, Wake: item.Due}
	case jitter.Empty:
		s.fader.Reset()
	}
	return Step{Kind: Break}
}

func (s *PacketSource) play(item jitter.Item) Step {
	if s.starved > 0 && item.Seq == s.lastSeq+1 {
		s.fader.Reset() // the sender paused and nothing is missing: no sample is changed
	}
	s.starved, s.lastSeq = 0, item.Seq
	frames, err := s.decoder.Decode(s.pcm, item.Payload)
	if err != nil {
		s.undecodable.Add(1)
		frames = len(s.pcm) / s.options.Format.Channels
	}
	pcm := s.pcm[:frames*s.options.Format.Channels]
	if err != nil {
		s.fader.Conceal(pcm)
	} else {
		s.fader.Play(pcm)
	}
	s.buffer.Played(item, frames)
	return Step{Kind: Sound, PCM: pcm, Due: item.Due}
}

// conceal gives what is heard in place of lost packets.
func (s *PacketSource) conceal(item jitter.Item) Step {
	pcm := s.pcm[:item.Frames*s.options.Format.Channels]
	s.fader.Conceal(pcm)
	return Step{Kind: Sound, PCM: pcm, Due: item.Due}
}

// starve gives silence while nothing comes. Whether the network stands still or
// the sender, the sound before it fades.
func (s *PacketSource) starve(item jitter.Item) Step {
	s.starved += int64(item.Frames)
	if s.options.Format.Duration(s.starved) >= SenderSilent {
		s.starved, s.fellSilent = 0, true
	}
	return s.conceal(item)
}

// ReadyC implements Source.
func (s *PacketSource) ReadyC() <-chan struct{} { return s.buffer.Ready() }

// FirstDue implements Source.
func (s *PacketSource) FirstDue(now time.Time) time.Time {
	due := s.timeline.Due(s.firstAudible.Load())
	// The first sound may be so long ago that its timestamp has wrapped around.
	if due.Before(now) || due.Sub(now) > s.options.Latency {
		return now
	}
	return due
}

// SenderLatency implements Source.
func (s *PacketSource) SenderLatency() time.Duration {
	frames, _ := s.options.Sender.Latency()
	return s.options.Format.Duration(frames)
}

// SetRendererBuffer implements Source.
func (s *PacketSource) SetRendererBuffer(least time.Duration) {
	configured := s.options.Latency - min(TargetDelay, s.options.Latency)
	s.buffer.SetRetransmitWait(retransmitDeadline(configured, s.SenderLatency(), least))
}
