package config_test

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

func defaults() config.Config {
	return config.Config{
		HTTPPort:   settings.PortRange{First: 7700, Last: 7719},
		RTSPPorts:  settings.PortRange{First: 7720, Last: 7819},
		UDPPorts:   settings.PortRange{First: 7820, Last: 7919},
		SSDPPorts:  settings.PortRange{First: 7920, Last: 7939},
		SSDPListen: settings.SSDPListenOff,
		NameFormat: "%s",
		Speaker: settings.Speaker{
			Codec:      audio.CodecUnknown,
			FLACBlock:  1152,
			MP3Bitrate: 320,
			Length:     settings.LengthAuto,
			Latency:    500 * time.Millisecond,
			Drift:      true,
			Pause:      settings.PauseStop,
			Takeover:   settings.TakeoverSame,
			Volume:     settings.Volume{Max: 100},
			SkipNative: true,
			Artwork:    true,
		},
		Grace:     5 * time.Minute,
		LogLevel:  config.LogInfo,
		LogFormat: config.LogFormatAuto,
	}
}

func TestLoad(t *testing.T) {
	tests := map[string]struct {
		environ []string
		change  func(*config.Config)
	}{
		"nothing set":        {nil, func(*config.Config) {}},
		"others' variables":  {[]string{"PATH=/bin", "BREEZE=1", "broken"}, func(*config.Config) {}},
		"empty is unset":     {[]string{"BREEZEWAY_LATENCY=", "BREEZEWAY_CODEC=", "BREEZEWAY_PASSWORD_FILE="}, func(*config.Config) {}},
		"last of two counts": {[]string{"BREEZEWAY_FLAC_BLOCK=192", "BREEZEWAY_FLAC_BLOCK=4608"}, func(c *config.Config) { c.Speaker.FLACBlock = 4608 }},
		"value with =":       {[]string{"BREEZEWAY_PASSWORD=a=b"}, func(c *config.Config) { c.Speaker.Password = "a=b" }},
		"interfaces":         {[]string{"BREEZEWAY_INTERFACES=eth0, en*,,10.0.0.0/8,fd00::1"}, func(c *config.Config) { c.Interfaces = config.List{"eth0", "en*", "10.0.0.0/8", "fd00::1"} }},
		"devices": {[]string{"BREEZEWAY_DEVICES=192.0.2.1"}, func(c *config.Config) {
			c.Devices.Addresses = []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:0")}
		}},
		"ports": {[]string{"BREEZEWAY_HTTP_PORT=8000-8001", "BREEZEWAY_RTSP_PORTS=0", "BREEZEWAY_UDP_PORTS=6000-6002", "BREEZEWAY_SSDP_PORTS=1901"}, func(c *config.Config) {
			c.HTTPPort = settings.PortRange{First: 8000, Last: 8001}
			c.RTSPPorts = settings.PortRange{}
			c.UDPPorts = settings.PortRange{First: 6000, Last: 6002}
			c.SSDPPorts = settings.PortRange{First: 1901, Last: 1901}
		}},
		"choices in any case": {[]string{"BREEZEWAY_CODEC=FLAC", "BREEZEWAY_SSDP_LISTEN=Raw", "BREEZEWAY_HTTP_LENGTH=Chunked", "BREEZEWAY_LOG_LEVEL=TRACE", "BREEZEWAY_LOG_FORMAT=json"}, func(c *config.Config) {
			c.Speaker.Codec, c.Speaker.Length, c.LogLevel, c.LogFormat = audio.FLAC, settings.LengthChunked, config.LogTrace, config.LogFormatJSON
			c.SSDPListen = settings.SSDPListenRaw
		}},
		"lowest": {[]string{"BREEZEWAY_FLAC_BLOCK=192", "BREEZEWAY_LATENCY=100ms", "BREEZEWAY_GRACE=0s"}, func(c *config.Config) { c.Speaker.FLACBlock, c.Speaker.Latency, c.Grace = 192, 100*time.Millisecond, 0 }},
		"highest": {[]string{"BREEZEWAY_FLAC_BLOCK=4608", "BREEZEWAY_LATENCY=8s", "BREEZEWAY_GRACE=168h"}, func(c *config.Config) {
			c.Speaker.FLACBlock, c.Speaker.Latency, c.Grace = 4608, 8*time.Second, 168*time.Hour
		}},
		"volume": {[]string{"BREEZEWAY_VOLUME_MAX=60", "BREEZEWAY_VOLUME_MIN=10", "BREEZEWAY_VOLUME_START=0010", "BREEZEWAY_VOLUME_CURVE=dB", "BREEZEWAY_VOLUME_FIXED=true"}, func(c *config.Config) {
			c.Speaker.Volume.Max, c.Speaker.Volume.Min, c.Speaker.Volume.Start = 60, 10, settings.StartVolume{Percent: 10, Set: true}
			c.Speaker.Volume.Curve, c.Speaker.Volume.Fixed = settings.CurveDB, true
		}},
		"silence at the start": {[]string{"BREEZEWAY_VOLUME_START=0"}, func(c *config.Config) { c.Speaker.Volume.Start = settings.StartVolume{Set: true} }},
		"policies": {[]string{"BREEZEWAY_TAKEOVER=never", "BREEZEWAY_DRIFT=off", "BREEZEWAY_PAUSE=silence", "BREEZEWAY_SKIP_NATIVE=off", "BREEZEWAY_PREROLL=10s", "BREEZEWAY_SYNC=true"}, func(c *config.Config) {
			c.Speaker.Takeover, c.Speaker.Drift, c.Speaker.Pause, c.Speaker.SkipNative, c.Speaker.Preroll = settings.TakeoverNever, false, settings.PauseSilence, false, 10*time.Second
			c.Speaker.Sync = true
		}},
		"texts": {[]string{"BREEZEWAY_RULES=a: skip", "BREEZEWAY_GROUPS=A=*", "BREEZEWAY_STATE_DIR=/var/lib/breezeway"}, func(c *config.Config) {
			c.Rules, c.Groups, c.StateDir = "a: skip", "A=*", "/var/lib/breezeway"
		}},
		"name": {[]string{"BREEZEWAY_NAME_FORMAT=♪ %s 100%"}, func(c *config.Config) { c.NameFormat = "♪ %s 100%" }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			want := defaults()
			test.change(&want)
			got, warnings, err := config.Load(test.environ)
			if err != nil || len(warnings) != 0 {
				t.Fatalf("want no error and no warning, got %v, %v", err, warnings)
			}
			if !reflect.DeepEqual(&want, got) {
				t.Errorf("want %+v\n got %+v", want, *got)
			}
		})
	}
}

func TestLoadFaults(t *testing.T) {
	tests := map[string]struct {
		environ []string
		want    []string // whole lines
	}{
		"a word for a number":      {[]string{"BREEZEWAY_FLAC_BLOCK=many"}, []string{`BREEZEWAY_FLAC_BLOCK="many": not a whole number. Use: 192 to 4608 frames`}},
		"block too short":          {[]string{"BREEZEWAY_FLAC_BLOCK=191"}, []string{`BREEZEWAY_FLAC_BLOCK="191": below 192. Use: 192 to 4608 frames`}},
		"block too long":           {[]string{"BREEZEWAY_FLAC_BLOCK=4609"}, []string{`BREEZEWAY_FLAC_BLOCK="4609": above 4608. Use: 192 to 4608 frames`}},
		"a number for a duration":  {[]string{"BREEZEWAY_LATENCY=500"}, []string{`BREEZEWAY_LATENCY="500": not a duration such as 500ms or 5m. Use: duration, 100ms to 8s`}},
		"latency too short":        {[]string{"BREEZEWAY_LATENCY=99ms"}, []string{`BREEZEWAY_LATENCY="99ms": below 100ms. Use: duration, 100ms to 8s`}},
		"latency too long":         {[]string{"BREEZEWAY_LATENCY=8001ms"}, []string{`BREEZEWAY_LATENCY="8001ms": above 8s. Use: duration, 100ms to 8s`}},
		"grace below zero":         {[]string{"BREEZEWAY_GRACE=-1s"}, []string{`BREEZEWAY_GRACE="-1s": below 0s. Use: duration, 0s to 168h`}},
		"grace too long":           {[]string{"BREEZEWAY_GRACE=169h"}, []string{`BREEZEWAY_GRACE="169h": above 168h0m0s. Use: duration, 0s to 168h`}},
		"codec":                    {[]string{"BREEZEWAY_CODEC=ogg"}, []string{`BREEZEWAY_CODEC="ogg": not known. Use: auto, flac, wav, l16 or mp3`}},
		"port no number":           {[]string{"BREEZEWAY_HTTP_PORT=http"}, []string{`BREEZEWAY_HTTP_PORT="http": ports are numbers from 1 to 65535. Use: port, first-last, or 0 for any`}},
		"port too high":            {[]string{"BREEZEWAY_HTTP_PORT=65536"}, []string{`BREEZEWAY_HTTP_PORT="65536": ports are numbers from 1 to 65535. Use: port, first-last, or 0 for any`}},
		"range from zero":          {[]string{"BREEZEWAY_RTSP_PORTS=0-9"}, []string{`BREEZEWAY_RTSP_PORTS="0-9": 0 cannot be part of a range. Use: port, first-last, or 0 for any`}},
		"range backwards":          {[]string{"BREEZEWAY_RTSP_PORTS=9-8"}, []string{`BREEZEWAY_RTSP_PORTS="9-8": the first port is above the last. Use: port, first-last, or 0 for any`}},
		"range left open":          {[]string{"BREEZEWAY_RTSP_PORTS=9-"}, []string{`BREEZEWAY_RTSP_PORTS="9-": ports are numbers from 1 to 65535. Use: port, first-last, or 0 for any`}},
		"two UDP ports":            {[]string{"BREEZEWAY_UDP_PORTS=6000-6001"}, []string{`BREEZEWAY_UDP_PORTS="6000-6001": too few ports: a session needs 3. Use: first-last (3 ports or more), or 0 for any`}},
		"a device by name":         {[]string{"BREEZEWAY_DEVICES=a,b"}, []string{`BREEZEWAY_DEVICES="a,b": "a" is neither an address nor a URL; "b" is neither an address nor a URL. Use: list of IPv4 addresses, with :port or without, or http URLs of descriptions`}},
		"no way to listen":         {[]string{"BREEZEWAY_SSDP_LISTEN=on"}, []string{`BREEZEWAY_SSDP_LISTEN="on": not known. Use: off, auto or raw`}},
		"no place for a name":      {[]string{"BREEZEWAY_NAME_FORMAT=Hi"}, []string{`BREEZEWAY_NAME_FORMAT="Hi": it must contain %s exactly once. Use: text with %s in it once`}},
		"two places for a name":    {[]string{"BREEZEWAY_NAME_FORMAT=%s%s"}, []string{`BREEZEWAY_NAME_FORMAT="%s%s": it must contain %s exactly once. Use: text with %s in it once`}},
		"a line end in a name":     {[]string{"BREEZEWAY_NAME_FORMAT=%s\n"}, []string{`BREEZEWAY_NAME_FORMAT="%s\n": it contains control characters. Use: text with %s in it once`}},
		"a name not in UTF-8":      {[]string{"BREEZEWAY_NAME_FORMAT=%s\xff"}, []string{`BREEZEWAY_NAME_FORMAT="%s\xff": not UTF-8. Use: text with %s in it once`}},
		"a bad CIDR":               {[]string{"BREEZEWAY_INTERFACES=eth0,10.0.0.0/33"}, []string{`BREEZEWAY_INTERFACES="eth0,10.0.0.0/33": "10.0.0.0/33" is not a CIDR. Use: list of names, globs, addresses or CIDRs`}},
		"a bad glob":               {[]string{"BREEZEWAY_INTERFACES=eth["}, []string{`BREEZEWAY_INTERFACES="eth[": "eth[" is not a glob. Use: list of names, globs, addresses or CIDRs`}},
		"preroll too long":         {[]string{"BREEZEWAY_PREROLL=11s"}, []string{`BREEZEWAY_PREROLL="11s": above 10s. Use: duration, 0s to 10s; 0s for auto`}},
		"takeover":                 {[]string{"BREEZEWAY_TAKEOVER=some"}, []string{`BREEZEWAY_TAKEOVER="some": not known. Use: never, same or always`}},
		"volume above all":         {[]string{"BREEZEWAY_VOLUME_MAX=101"}, []string{`BREEZEWAY_VOLUME_MAX="101": above 100. Use: 0 to 100 percent`}},
		"volumes crossed":          {[]string{"BREEZEWAY_VOLUME_MIN=60", "BREEZEWAY_VOLUME_MAX=50"}, []string{`BREEZEWAY_VOLUME_MIN="60": above BREEZEWAY_VOLUME_MAX. Use: 0 to 100 percent`}},
		"nothing follows from it":  {[]string{"BREEZEWAY_VOLUME_MAX=-1"}, []string{`BREEZEWAY_VOLUME_MAX="-1": below 0. Use: 0 to 100 percent`}},
		"a start that is too loud": {[]string{"BREEZEWAY_VOLUME_START=60", "BREEZEWAY_VOLUME_MAX=50"}, []string{`BREEZEWAY_VOLUME_START="60": above 50. Use: 0 to 100 percent`}},
		"a start in words":         {[]string{"BREEZEWAY_VOLUME_START=low"}, []string{`BREEZEWAY_VOLUME_START="low": not a whole number. Use: 0 to 100 percent`}},
		"neither true nor false":   {[]string{"BREEZEWAY_VOLUME_FIXED=on"}, []string{`BREEZEWAY_VOLUME_FIXED="on": neither true nor false. Use: true or false`}},
		"a directory from here":    {[]string{"BREEZEWAY_STATE_DIR=state"}, []string{`BREEZEWAY_STATE_DIR="state": does not begin with /. Use: absolute path`}},
		"all together, in the table's order": {
			[]string{"BREEZEWAY_LOG_LEVEL=loud", "BREEZEWAY_LATENCY=1h", "BREEZEWAY_HTTP_PORT=-1", "BREEZEWAY_GRACE=5"},
			[]string{
				`BREEZEWAY_HTTP_PORT="-1": ports are numbers from 1 to 65535. Use: port, first-last, or 0 for any`,
				`BREEZEWAY_LATENCY="1h": above 8s. Use: duration, 100ms to 8s`,
				`BREEZEWAY_GRACE="5": not a duration such as 500ms or 5m. Use: duration, 0s to 168h`,
				`BREEZEWAY_LOG_LEVEL="loud": not known. Use: trace, debug, info, warn or error`,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, _, err := config.Load(test.environ)
			var faults config.Faults
			if c != nil || !errors.As(err, &faults) {
				t.Fatalf("want Faults alone, got %v, %v", c, err)
			}
			if want, got := strings.Join(test.want, "\n"), err.Error(); want != got {
				t.Errorf("want %s\n got %s", want, got)
			}
		})
	}
}

// The languages of other packages are checked along with the rest.
func TestChecks(t *testing.T) {
	refuse := func(string) error { return errors.New("rule 1: no") }
	checks := []config.Check{{Name: "BREEZEWAY_RULES", Read: refuse}, {Name: "BREEZEWAY_GROUPS", Read: refuse}}
	if _, _, err := config.Load(nil, checks...); err != nil {
		t.Errorf("want what is not set not checked, got %v", err)
	}
	_, _, err := config.Load([]string{"BREEZEWAY_GROUPS=a", "BREEZEWAY_RULES=sesame", "BREEZEWAY_CODEC=x"}, checks...)
	want := `BREEZEWAY_CODEC="x": not known. Use: auto, flac, wav, l16 or mp3
BREEZEWAY_RULES="[hidden]": rule 1: no. Use: selectors: settings; ...
BREEZEWAY_GROUPS="a": rule 1: no. Use: name=speakers; ...`
	if err == nil || err.Error() != want {
		t.Errorf("want %s\n got %v", want, err)
	}
}

func TestWarnings(t *testing.T) {
	tests := map[string]struct{ name, want string }{
		"two letters swapped":  {"BREEZEWAY_LATNECY", "BREEZEWAY_LATENCY"},
		"one letter left out":  {"BREEZEWAY_GRCE", "BREEZEWAY_GRACE"},
		"one letter too many":  {"BREEZEWAY_CODECS", "BREEZEWAY_CODEC"},
		"one letter wrong":     {"BREEZEWAY_RTSP_PORTZ", "BREEZEWAY_RTSP_PORTS"},
		"in lower case":        {"breezeway_udp_ports", "BREEZEWAY_UDP_PORTS"},
		"a file for no secret": {"BREEZEWAY_LATENCY_FILE", "BREEZEWAY_LATENCY"},
		"nothing but a prefix": {"BREEZEWAY_", "BREEZEWAY_SYNC"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, warnings, err := config.Load([]string{test.name + "=secret"})
			if err != nil || len(warnings) != 1 {
				t.Fatalf("want one warning and no error, got %v, %v", warnings, err)
			}
			want := config.Warning{Name: test.name, Nearest: test.want}
			if got := warnings[0]; want != got {
				t.Errorf("want %v, got %v", want, got)
			}
			if strings.Contains(warnings[0].String(), "secret") {
				t.Errorf("the value shows in %q", warnings[0])
			}
		})
	}
}

func TestWarningsStandBesideFaults(t *testing.T) {
	_, warnings, err := config.Load([]string{"BREEZEWAY_B=1", "BREEZEWAY_A=1", "BREEZEWAY_CODEC=x"})
	if err == nil || len(warnings) != 2 || warnings[0].Name != "BREEZEWAY_A" {
		t.Errorf("want a fault and two sorted warnings, got %v, %v", err, warnings)
	}
}

func TestNameFormat(t *testing.T) {
	if want, got := "Küche %s+", config.NameFormat("%s+").Apply("Küche %s"); want != got {
		t.Errorf("want %q, got %q", want, got)
	}
}
