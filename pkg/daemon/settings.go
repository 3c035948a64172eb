package daemon

import (
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/ports"
	"github.com/breezeway-audio/breezeway/pkg/rule"
)

// ConfigChecks are the variables whose language is another package's.
func ConfigChecks() []config.Check {
	return []config.Check{
		{Name: "BREEZEWAY_RULES", Read: func(text string) error { _, err := rule.Parse(text); return err }},
		{Name: "BREEZEWAY_GROUPS", Read: func(text string) error { _, err := rule.ParseGroups(text); return err }},
	}
}

// speakerSettings are the settings of all speakers, before any rule.
func speakerSettings(c *config.Config) bridge.Settings {
	return bridge.Settings{
		Play:       playOptions(c),
		Volume:     volumeOptions(c),
		Latency:    c.Latency,
		Password:   c.Password.Reveal(),
		Takeover:   takeoverPolicies[c.Takeover],
		SkipNative: c.SkipNative == config.SkipNativeAuto,
	}
}

var takeoverPolicies = map[config.Takeover]raop.TakeoverPolicy{
	config.TakeoverNever:  raop.TakeoverNever,
	config.TakeoverSame:   raop.TakeoverSame,
	config.TakeoverAlways: raop.TakeoverAlways,
}

var lengthModes = map[config.HTTPLength][]stream.LengthMode{
	config.HTTPLengthNone:    {stream.LengthNone},
	config.HTTPLengthChunked: {stream.LengthChunked},
	config.HTTPLengthFake:    {stream.LengthFake},
}

func playOptions(c *config.Config) bridge.PlayOptions {
	o := bridge.PlayOptions{
		Lengths:     lengthModes[c.HTTPLength],
		BlockFrames: c.FLACBlock,
		BitrateKbps: c.MP3Bitrate.Kbps(),
		Preroll:     c.Preroll,
		PauseSilent: c.Pause == config.PauseSilence,
		Sync:        c.Sync,
		Drift:       c.Drift == config.DriftAuto,
		Artwork:     true,
	}
	if codec, err := audio.ParseCodec(c.Codec.String()); err == nil {
		o.Codecs = []audio.Codec{codec}
	}
	return o
}

func volumeOptions(c *config.Config) bridge.VolumeOptions {
	o := bridge.VolumeOptions{
		Min:   float64(c.VolumeMin) / 100,
		Max:   float64(c.VolumeMax) / 100,
		Fixed: c.VolumeFixed,
	}
	if c.VolumeCurve == config.VolumeDB {
		o.Curve = bridge.CurveDB
	}
	if c.VolumeStart.Set {
		start := float64(c.VolumeStart.Percent) / 100
		o.Start = &start
	}
	return o
}

// PortSettings are what the plan of ports is made from.
func PortSettings(c *config.Config) ports.Settings {
	return ports.Settings{
		HTTP:        ports.Range(c.HTTPPort),
		RTSP:        ports.Range(c.RTSPPorts),
		UDP:         ports.Range(c.UDPPorts),
		SSDP:        ports.Range(c.SSDPPorts),
		ListensSSDP: c.SSDPListen != config.SSDPListenOff,
	}
}
