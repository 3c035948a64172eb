package sender

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	syncInterval = time.Second // on the sender's clock
	// Whoever calls Send later than this after the sound before it was over
	// has paused: the timeline begins anew instead of catching up.
	maxLag = 250 * time.Millisecond
)

// stream cuts sound into packets and sends each when it is due. One
// goroutine sends; position and rtpTime may be asked by any.
type stream struct {
	options Options
	clock   clock
	link    *link
	encode  encoder
	cipher  *payloadCipher // nil: not encrypted
	ssrc    uint32
	payload []byte

	flushed       bool          // a timeline stood before
	running       bool          // the timeline stands; else the next packet begins it
	timelineStart time.Duration // clock's reading at the first frame of the timeline
	frames        int64         // sent since then
	nextSync      time.Duration // clock's reading

	mu        sync.Mutex // guards what follows
	seq       uint16     // of the next packet
	timestamp uint32     // of its first frame
}

func newStream(o Options, c clock, l *link) (*stream, error) {
	encode, err := newEncoder(o.Codec, o.FrameLength)
	if err != nil {
		return nil, err
	}
	s := &stream{
		options: o, clock: c, link: l, encode: encode,
		ssrc: rand.Uint32(), seq: o.StartSeq, timestamp: o.StartTimestamp,
	}
	if o.Encryption == EncryptionRSA {
		if s.cipher, err = newPayloadCipher(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Send sends pcm (interleaved stereo, 16 bit) at the pace at which it is to be
// heard, and returns when the last packet is out; that one is short when pcm is
// no multiple of the frame length. A following Send goes on without a gap.
func (s *Sender) Send(ctx context.Context, pcm []int32) error {
	return s.withSession(ctx, func(ctx context.Context) error { return s.session.stream.send(ctx, pcm, s.endedC) })
}

func (s *stream) send(ctx context.Context, pcm []int32, endedC <-chan struct{}) error {
	if len(pcm)%audio.CD.Channels != 0 {
		return fmt.Errorf("%d samples are no whole number of frames", len(pcm))
	}
	if s.running && s.clock.now()-s.due() > maxLag {
		s.pause()
	}
	size := s.options.FrameLength * audio.CD.Channels
	for len(pcm) > 0 {
		block := pcm[:min(size, len(pcm))]
		pcm = pcm[len(block):]
		if err := s.wait(ctx, endedC); err != nil {
			return err
		}
		if err := s.sendPacket(block); err != nil {
			return err
		}
	}
	return s.link.sendAllReordered()
}

// wait waits until the next packet is due; the first one of a timeline is due
// at once.
func (s *stream) wait(ctx context.Context, endedC <-chan struct{}) error {
	if !s.running {
		return ctx.Err()
	}
	t := time.NewTimer(s.clock.until(s.due()))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-endedC:
		return errClosed
	case <-t.C:
		return nil
	}
}

// due is the clock's reading at which the next packet is to go.
func (s *stream) due() time.Duration {
	return s.timelineStart + time.Duration(float64(audio.CD.Duration(s.frames))/s.options.Speed)
}

func (s *stream) sendPacket(pcm []int32) error {
	first := !s.running
	if first {
		s.running, s.timelineStart, s.frames = true, s.clock.now(), 0
		s.nextSync = s.timelineStart
	}
	mark := first && s.marksFirstPacket()
	if err := s.sync(mark); err != nil {
		return err
	}
	s.payload = s.encode(s.payload[:0], pcm)
	if s.cipher != nil {
		s.cipher.encrypt(s.payload)
	}
	s.mu.Lock()
	packet := rtp.Audio{
		Marker: mark, Seq: s.seq, Timestamp: s.timestamp, SSRC: s.ssrc, Payload: s.payload,
	}
	frames := len(pcm) / audio.CD.Channels
	s.seq++
	s.timestamp += uint32(frames)
	s.mu.Unlock()
	s.frames += int64(frames)
	return s.link.sendAudio(packet, frames)
}

// marksFirstPacket reports whether the first packet of this timeline has the RTP marker.
func (s *stream) marksFirstPacket() bool {
	if s.flushed && s.options.Habits.NoMarkerAfterFlush {
		return false
	}
	return !s.options.NoMarker
}

// sync sends a sync packet when one is due.
func (s *stream) sync(first bool) error {
	at := s.due()
	if at < s.nextSync || s.options.Habits.NoClock {
		return nil
	}
	s.nextSync = at + syncInterval
	s.mu.Lock()
	next := s.timestamp
	s.mu.Unlock()
	return s.link.sendSync(rtp.Sync{First: first, Flags: s.options.Habits.SyncFlags, Playing: next - s.options.latency(), Time: ntp(at), Next: next})
}

// pause ends the timeline.
func (s *stream) pause() {
	s.flushed = s.flushed || s.running
	s.running = false
}

// jump lets the timestamps leave so many frames out.
func (s *stream) jump(frames int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timestamp += uint32(frames)
}

// position is the value of RTP-Info that names the next packet, or the one that
// lies so many whole packets back.
func (s *stream) position(back int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("seq=%d;rtptime=%d", s.seq-uint16(back), s.timestamp-uint32(back*s.options.FrameLength))
}

// rtpTime is the value of RTP-Info that names the next frame.
func (s *stream) rtpTime() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("rtptime=%d", s.timestamp)
}

// keyLines are the SDP lines of the encryption, "" without it.
func (s *stream) keyLines(receiver *rsa.PublicKey) (string, error) {
	if s.cipher == nil {
		return "", nil
	}
	if s.options.Habits.UnpaddedKeys {
		return s.cipher.lines(receiver, base64.RawStdEncoding)
	}
	return s.cipher.lines(receiver, base64.StdEncoding)
}
