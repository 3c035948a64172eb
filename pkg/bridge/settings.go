package bridge

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/rule"
)

// Settings are how a speaker is offered and played on: what holds for all of
// them, or for one after its rules were applied.
type Settings struct {
	Play       PlayOptions
	Volume     VolumeOptions
	Latency    time.Duration // how long a packet may be late
	Password   string        // that senders must give; empty: none
	Takeover   raop.TakeoverPolicy
	SkipNative bool // a speaker that speaks AirPlay itself is not offered
}

// PlayOptions are how sound goes to a renderer.
type PlayOptions struct {
	Codecs      []audio.Codec       // only these, in this order; nil: what the renderer takes
	Lengths     []stream.LengthMode // likewise: how the live stream tells its length
	BlockFrames int                 // FLAC's block: its latency
	BitrateKbps int                 // MP3's
	Preroll     time.Duration       // silence sent ahead; 0: what the renderer is known to need
	Behind      time.Duration       // how much later than the rest of its group it plays
	PauseSilent bool                // a pause is silence, instead of a stop
	Sync        bool                // it is heard when the sender counts on it, if that can be
	Drift       bool                // the sound follows the renderer's clock
	Restore     bool                // a Sonos player goes back to the television or line input it had
	Artwork     bool                // the renderer is told where the cover is
}

// with gives the settings after what rules say about one speaker.
func (s Settings) with(r rule.Settings) Settings {
	set(&s.Latency, r.Latency)
	if r.Password != nil {
		s.Password = r.Password.Reveal()
	}
	if r.Takeover != nil {
		s.Takeover = takeoverPolicies[*r.Takeover]
	}
	set(&s.SkipNative, r.SkipNative)
	s.Play = s.Play.with(r)
	s.Volume = s.Volume.with(r)
	return s
}

func set[T any](value *T, given *T) {
	if given != nil {
		*value = *given
	}
}

var takeoverPolicies = map[rule.Takeover]raop.TakeoverPolicy{
	rule.TakeoverSame:   raop.TakeoverSame,
	rule.TakeoverNever:  raop.TakeoverNever,
	rule.TakeoverAlways: raop.TakeoverAlways,
}

var lengthModes = map[rule.Length][]stream.LengthMode{
	rule.LengthAuto:    nil,
	rule.LengthNone:    {stream.LengthNone},
	rule.LengthChunked: {stream.LengthChunked},
	rule.LengthFake:    {stream.LengthFake},
}

func (o PlayOptions) with(r rule.Settings) PlayOptions {
	if r.Codec != nil {
		o.Codecs = nil
		if *r.Codec != audio.CodecUnknown {
			o.Codecs = []audio.Codec{*r.Codec}
		}
	}
	if r.Length != nil {
		o.Lengths = lengthModes[*r.Length]
	}
	if r.Pause != nil {
		o.PauseSilent = *r.Pause == rule.PauseSilence
	}
	set(&o.BlockFrames, r.FLACBlock)
	set(&o.BitrateKbps, r.MP3Bitrate)
	set(&o.Preroll, r.Preroll)
	set(&o.Behind, r.Delay)
	set(&o.Sync, r.Sync)
	set(&o.Drift, r.Drift)
	set(&o.Artwork, r.Artwork)
	set(&o.Restore, r.Restore)
	return o
}

func (o VolumeOptions) with(r rule.Settings) VolumeOptions {
	if r.VolumeMin != nil {
		o.Min = percent(*r.VolumeMin)
	}
	if r.VolumeMax != nil {
		o.Max = percent(*r.VolumeMax)
	}
	o.Min = min(o.Min, o.Max) // one of them may be for all speakers, the other for this one
	if r.VolumeStart != nil {
		start := percent(*r.VolumeStart)
		o.Start = &start
	}
	if r.VolumeCurve != nil {
		o.Curve = CurveLinear
		if *r.VolumeCurve == rule.CurveDB {
			o.Curve = CurveDB
		}
	}
	set(&o.Fixed, r.VolumeFixed)
	return o
}

func percent(p int) float64 { return float64(p) / 100 }
