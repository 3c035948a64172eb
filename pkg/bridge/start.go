package bridge

import (
	"fmt"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

// step moves the machine and does what the move asks for.
func (p *player) step(e event, why string) {
	to, do := next(p.state, e)
	if to != p.state {
		p.log.Info().Stringer("from", p.state).Stringer("to", to).Str("because", why).Msg("bridge")
	}
	p.state = to
	p.update(func(s *playerStatus) {
		if s.state != to {
			s.state, s.since, s.because = to, time.Now(), why
		}
	})
	p.end(do)
	if do&actionListen != 0 && p.sound != nil {
		p.sound.listen()
	}
	if do&actionStart != 0 {
		p.start()
	}
	if do&actionHold != 0 {
		p.hold.Reset(holdFor)
	}
	if do&actionBackoff != 0 {
		p.failures++
		p.backoff.Reset(min(backoffFirst<<min(p.failures-1, 10), backoffMost))
	}
}

// end closes the stream: by order of the renderer, or without it.
func (p *player) end(do action) {
	if do&(actionStop|actionDrop) == 0 || p.stream == nil {
		return
	}
	if p.sound != nil {
		p.sound.end(p.output)
	}
	if time.Since(p.opened) > steadyAfter {
		p.failures = 0
	}
	if do&actionStop != 0 {
		p.driver.command(order{ends: p.stream})
	} else {
		p.stream.Discard()
	}
	last := p.stream.Stats()
	p.stream, p.output, p.firstC = nil, nil, nil
	p.update(func(s *playerStatus) { s.stream, s.lastStream = nil, last })
}

// start opens a stream and has the renderer play it.
func (p *player) start() {
	if p.sound == nil {
		return
	}
	p.serial++
	if err := p.open(); err != nil {
		p.bridge.lost(p.udn)
		p.step(eventRefused, err.Error())
	}
}

func (p *player) open() error {
	t := p.target
	if t == nil {
		return errAbsent
	}
	v := voice{codec: t.codec, blockFrames: t.play.BlockFrames, bitrateKbps: t.play.BitrateKbps}
	encoder, err := v.encoder(p.sound.format)
	if err != nil {
		return fmt.Errorf("bridge: start: %w", err)
	}
	s := p.bridge.options.Streams.Open(stream.Options{
		Codec:           t.codec,
		Header:          encoder.Header(),
		Length:          t.play.Length,
		ContentType:     t.protocol.MIME,
		ContentFeatures: t.protocol.Features,
		Peer:            t.address,
	})
	url, err := p.bridge.options.StreamURL(s.Path(), t.address)
	if err != nil {
		s.Discard()
		return fmt.Errorf("bridge: start: %w", err)
	}
	p.stream, p.opened, p.firstC = s, time.Now(), s.FirstRead()
	var lead time.Duration
	p.output, lead = p.sound.begin(v, encoder, s)
	p.update(func(st *playerStatus) { st.stream, st.codec, st.lead = s, t.codec, lead })
	p.driver.command(order{serial: p.serial, media: &renderer.Media{
		URL:          url,
		Codec:        t.codec,
		Format:       p.sound.format,
		Title:        p.bridge.Name(),
		ProtocolInfo: t.protocol,
	}})
	return nil
}
