package config

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// maxGrace is longer than any speaker in use is off.
const maxGrace = 7 * 24 * time.Hour

// networkVariables come before those of speakers in the table.
var networkVariables = []Variable{{
	Name: "BREEZEWAY_INTERFACES", Values: "list of names, globs, addresses or CIDRs",
	Doc: "Network interfaces to use. Empty: all real ones, the default route's first",
}, {
	Name: "BREEZEWAY_DEVICES", Values: "list of IPv4 addresses, with :port or without, or http URLs of descriptions",
	Doc: "Speakers to search by unicast as well: in other subnets, or behind Wi-Fi that loses multicast",
}, {
	Name: "BREEZEWAY_HTTP_PORT", Default: "7700-7719", Values: "port, first-last, or 0 for any",
	Doc: "TCP port of the stream, of speakers' events, of the page and of the health check. The first free port of a range is used",
}, {
	Name: "BREEZEWAY_HTTP_NAMES", Values: "list of names or globs",
	Doc: "More names under which the page opens, such as music.example.com behind a proxy; * for any. " +
		"It always opens by address, and by names without a dot or in .local, .lan, .home.arpa and .internal",
}, {
	Name: "BREEZEWAY_RTSP_PORTS", Default: "7720-7819", Values: "port, first-last, or 0 for any",
	Doc: "TCP ports that AirPlay senders connect to, one for each speaker",
}, {
	Name: "BREEZEWAY_UDP_PORTS", Default: "7820-7919", Values: "first-last (3 ports or more), or 0 for any",
	Doc: "UDP ports for audio, control and timing, three for each speaker that is playing",
}, {
	Name: "BREEZEWAY_SSDP_PORTS", Default: "7920-7939", Values: "port, first-last, or 0 for any",
	Doc: "UDP ports on which speakers answer our searches. The first free port of a range is used",
}, {
	Name: "BREEZEWAY_SSDP_LISTEN", Default: "off", Values: "off, auto or raw",
	Doc: "Receive the announcements of speakers on 1900/UDP. auto: share the port, or else as raw. raw: without the port; needs NET_RAW. " +
		"off: speakers are found all the same, only later",
}, {
	Name: "BREEZEWAY_NAME_FORMAT", Default: "%s", Values: "text with %s in it once",
	Doc: "Name of a speaker on AirPlay; %s is its own name",
}}

// otherVariables come after those of speakers.
var otherVariables = []Variable{{
	Name: "BREEZEWAY_GRACE", Default: "5m", Values: "duration, 0s to 168h",
	Doc:   "How long a speaker that does not answer any more stays in the list of AirPlay speakers",
	bound: func(c *Config) error { return settings.Outside(c.Grace, 0, maxGrace) },
}, {
	Name: "BREEZEWAY_RULES", Values: "selectors: settings; ...", Secret: true,
	Doc: "Other settings for some speakers, such as name=Kitchen*: codec=mp3, volume-max=60; model=*Bar*: skip",
}, {
	Name: "BREEZEWAY_GROUPS", Values: "name=speakers; ...",
	Doc: "Additional AirPlay speakers that play on several speakers at once, such as Everywhere=*; Downstairs=Kitchen,Living*",
}, {
	Name: "BREEZEWAY_STATE_DIR", Values: "absolute path",
	Doc: "Directory for what was found out about speakers, to remember it over restarts. Empty: /state where it can be written, as in the image, else in memory only",
}, {
	Name: "BREEZEWAY_LOG_LEVEL", Default: "info", Values: "trace, debug, info, warn or error",
	Doc: "Least important level that is logged",
}, {
	Name: "BREEZEWAY_LOG_FORMAT", Default: "auto", Values: "auto, text or json",
	Doc: "auto: text on a terminal, else json",
}}

// speakerVariables are those of package settings.
func speakerVariables() []Variable {
	unset := settings.Default()
	var all []Variable
	for _, row := range settings.Table {
		if row.Variable != "" {
			all = append(all, Variable{
				Name: row.Variable, Default: row.Default, Values: row.Values(), Doc: row.Doc, Secret: row.Secret(),
				bound: func(c *Config) error {
					err := row.Check(&c.Speaker)
					if err != nil {
						row.Copy(&c.Speaker, &unset)
					}
					return err
				},
			})
		}
	}
	return all
}
