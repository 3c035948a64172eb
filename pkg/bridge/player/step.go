package player

import (
	"fmt"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/playout"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// step moves the machine and does what the move asks for.
func (p *Player) step(e event, reason string) {
	to, do := next(p.state, e)
	if to != p.state {
		p.log.Info().Stringer("from", p.state).Stringer("to", to).Str("reason", reason).Msg("state changed")
		p.timers.timeout.Stop() // it was for the state before
	}
	p.status.moved(to, do != 0, reason)
	p.state = to
	p.endStream(do)
	if do&actionEndSound != 0 {
		p.endSound()
	}
	if do&actionAwaitSound != 0 && p.session.Packets != nil {
		p.session.Packets.Listen()
	}
	if do&actionStartStream != 0 {
		p.start()
	}
	if do&actionStartPauseTimer != 0 && (p.paused || !p.pausesAsSilence()) {
		p.timers.timeout.Reset(seekWithin)
	}
	if do&actionStartRetryTimer != 0 {
		p.failures++
		p.timers.backoff.Reset(min(backoffFirst<<min(p.failures-1, 10), backoffMost))
	}
}

// pausesAsSilence reports whether a pause goes on as silence, however long it is.
func (p *Player) pausesAsSilence() bool {
	return p.target != nil && p.target.Settings.Pause == settings.PauseSilence
}

// endSound writes no more to a stream that the paused renderer keeps.
func (p *Player) endSound() {
	if p.session.Playout != nil && p.output != nil {
		p.session.Playout.Close(p.output)
	}
	p.output, p.clock = nil, nil
	p.status.update(func(s *status) { s.clock = Clock{} })
}

// endStream closes the stream: by order of the renderer, or without it.
func (p *Player) endStream(do action) {
	if do&(actionStopSpeaker|actionAbandonStream) == 0 || p.stream == nil {
		return
	}
	p.endSound()
	if time.Since(p.opened) > steadyAfter {
		p.failures = 0
	}
	if do&actionStopSpeaker != 0 {
		p.driver.order(order{discard: p.stream})
	} else {
		p.stream.Discard()
	}
	last := p.stream.Stats()
	p.stream, p.firstC = nil, nil
	p.status.update(func(s *status) { s.stream, s.lastStream = nil, last })
}

// start opens a stream and has the renderer play it.
func (p *Player) start() {
	if p.session.Playout == nil {
		return
	}
	p.serial++
	if err := p.open(); err != nil {
		p.options.Bridge.Lost(p.options.UDN)
		p.step(eventFailed, err.Error())
	}
}

// open opens a stream in the format that is to be tried next.
func (p *Player) open() error {
	t := p.target
	if t == nil {
		return errAbsent
	}
	format, set := t.Formats.Current(), t.Settings
	followsClock := bool(set.Drift)
	voice := playout.Voice{Codec: format.Codec, BlockFrames: set.FLACBlock, BitrateKbps: int(set.MP3Bitrate), FollowClock: followsClock}
	encoder, err := voice.NewEncoder(p.session.Playout.Format(), 0)
	if err != nil {
		return fmt.Errorf("player: start: %w", err)
	}
	s := p.openStream(format, encoder.Header())
	url, err := p.options.Bridge.URL(s.Path(), t.Address)
	if err != nil {
		s.Discard()
		return fmt.Errorf("player: start: %w", err)
	}
	p.stream, p.opened, p.firstC, p.check = s, time.Now(), s.FirstRead(), newStartCheck(t.Formats.Verified(), t.Formats.Attempts())
	p.updateStreamTitle()
	var lead time.Duration
	p.output, lead = p.session.Playout.Open(voice, encoder, s, p.extraLead(format, set))
	p.status.opened(s, format, lead)
	p.volume.setStartVolume(time.Now())
	p.driver.order(order{serial: p.serial, media: p.media(format, url)})
	p.timers.check.Reset(checkStartEvery)
	p.setPaused(false)
	t.Output.FollowClock(followsClock && !t.Traits.CoarsePosition)
	if followsClock {
		p.startClock()
	}
	return nil
}

// openStream makes the stream that the renderer is to fetch.
func (p *Player) openStream(format quirk.StreamFormat, header []byte) *stream.Stream {
	return p.options.Streams.Open(stream.Options{
		Codec:           format.Codec,
		Name:            p.options.Bridge.Name(),
		Header:          header,
		Length:          format.Length,
		ContentType:     format.MIME,
		ContentFeatures: format.Features,
		Peer:            p.target.Address,
		OnLateRequest:   p.target.Output.RequestPoll,
	})
}

// media describes the stream at url to the renderer.
func (p *Player) media(format quirk.StreamFormat, url string) *renderer.Media {
	m := &renderer.Media{
		URL:    url,
		Codec:  format.Codec,
		Format: p.session.Playout.Format(),
		ProtocolInfo: renderer.ProtocolInfo{
			Protocol: "http-get", Network: "*", MIME: format.MIME, Features: format.Features,
		},
		Class: format.Class,
		ASCII: p.target.Traits.ASCIITitles,

		Title: p.metadata.Title, Artist: p.metadata.Artist, Album: p.metadata.Album,
	}
	if format.Scheme != quirk.SchemeHTTP {
		m.Scheme = format.Scheme
	}
	if m.Title == "" {
		m.Title = p.options.Bridge.Name()
	}
	m.ArtworkURL = p.artworkURL()
	return m
}

// artworkURL is where the renderer finds the cover; empty: nowhere.
func (p *Player) artworkURL() string {
	if !p.target.Settings.Artwork || !p.metadata.HasArtwork {
		return ""
	}
	path := p.options.Bridge.ArtworkPath(p.metadata.ArtworkSerial)
	if path == "" {
		return ""
	}
	url, err := p.options.Bridge.URL(path, p.target.Address)
	if err != nil {
		return "" // no address that the renderer reaches: it plays without
	}
	return url
}

// updateStreamTitle puts the track's title into the stream itself (ICY). Another
// SetAVTransportURI would have the renderer begin anew: the rest of the metadata it
// gets with its next start.
func (p *Player) updateStreamTitle() {
	if p.stream != nil {
		p.stream.SetTitle(p.metadata.streamTitle())
	}
}

// extraLead is the silence that a stream begins with beyond the wait for its first
// sound. The renderer needs some. With the setting Sync there is as much as makes the
// sound heard when the sender expects it, where that is known and the renderer is
// quick enough.
func (p *Player) extraLead(format quirk.StreamFormat, set settings.Speaker) time.Duration {
	least := playout.Preroll + format.Preroll + set.Delay
	expected := p.session.Playout.SenderLatency()
	if !set.Sync || expected == 0 {
		return least + p.options.Bridge.HeadStart(p)
	}
	return max(least, expected-playout.TargetDelay-p.startup.expected()+set.Delay)
}
