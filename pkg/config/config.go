// Package config turns the environment into one checked Config. It is the only
// place that reads variables, and the struct tags below are the only table of
// them: `breezeway help` and the README print what stands here.
//
// Parsing is done by caarlos0/env. What that library leaves out is added here:
// NAME_FILE for secrets, bounds, all faults as lines that a user can act on,
// and a warning for a variable that nobody reads.
package config

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Prefix begins the name of every variable.
const Prefix = "BREEZEWAY_"

// Config is the whole configuration. Tags: env is the variable, envDefault what
// holds when it is unset or empty, values what it takes, doc what it does.
type Config struct {
	Interfaces List          `env:"BREEZEWAY_INTERFACES" values:"list of names, globs, addresses or CIDRs" doc:"Network interfaces to use. Empty: all real ones, the default route's first"`
	Devices    Devices       `env:"BREEZEWAY_DEVICES" values:"list of IPv4 addresses, with :port or without, or http URLs of descriptions" doc:"Speakers to look for by unicast as well: in other subnets, or behind Wi-Fi that loses multicast"`
	HTTPPort   PortRange     `env:"BREEZEWAY_HTTP_PORT" envDefault:"7700-7719" values:"port, first-last, or 0 for any" doc:"TCP port of the stream, of events and of the health check. Of a range the first free one is taken"`
	RTSPPorts  PortRange     `env:"BREEZEWAY_RTSP_PORTS" envDefault:"7720-7819" values:"port, first-last, or 0 for any" doc:"TCP ports that AirPlay senders connect to, one for each speaker"`
	UDPPorts   PortRange     `env:"BREEZEWAY_UDP_PORTS" envDefault:"7820-7919" values:"first-last (3 ports or more), or 0 for any" doc:"UDP ports for audio, control and timing, three for each speaker that plays"`
	SSDPPorts  PortRange     `env:"BREEZEWAY_SSDP_PORTS" envDefault:"7920-7939" values:"port, first-last, or 0 for any" doc:"UDP ports that speakers answer our searches on. Of a range the first free one is taken"`
	SSDPListen SSDPListen    `env:"BREEZEWAY_SSDP_LISTEN" envDefault:"off" values:"off, auto or raw" doc:"Hear speakers announce themselves on 1900/UDP. auto: share the port, else as raw. raw: without the port, needs NET_RAW. Speakers are found without it, only later"`
	NameFormat NameFormat    `env:"BREEZEWAY_NAME_FORMAT" envDefault:"%s" values:"text with %s in it once" doc:"Name of a speaker on AirPlay; %s is its own name"`
	Codec      Codec         `env:"BREEZEWAY_CODEC" envDefault:"auto" values:"auto, flac, wav, l16 or mp3" doc:"What is sent to speakers. auto: the best that the speaker says it takes"`
	FLACBlock  int           `env:"BREEZEWAY_FLAC_BLOCK" envDefault:"1152" values:"192 to 4608 frames" doc:"Length of a FLAC block: a shorter one starts sooner, a longer one is smaller"`
	MP3Bitrate MP3Bitrate    `env:"BREEZEWAY_MP3_BITRATE" envDefault:"320" values:"128, 192, 256 or 320 kbit/s" doc:"Bitrate for speakers that take MP3 only"`
	HTTPLength HTTPLength    `env:"BREEZEWAY_HTTP_LENGTH" envDefault:"auto" values:"auto, none, chunked or fake" doc:"How the endless stream states its length. fake: a very large Content-Length"`
	Latency    time.Duration `env:"BREEZEWAY_LATENCY" envDefault:"500ms" values:"duration, 100ms to 8s" doc:"How long a packet may be late, or asked for again, before it is given up"`
	Grace      time.Duration `env:"BREEZEWAY_GRACE" envDefault:"5m" values:"duration, 0s to 168h" doc:"How long a speaker stays listed after it went silent"`
	Password   Secret        `env:"BREEZEWAY_PASSWORD" values:"text" doc:"Password that AirPlay senders must give. Empty: none"`
	LogLevel   LogLevel      `env:"BREEZEWAY_LOG_LEVEL" envDefault:"info" values:"trace, debug, info, warn or error" doc:"Least important level that is logged"`
	LogFormat  LogFormat     `env:"BREEZEWAY_LOG_FORMAT" envDefault:"auto" values:"auto, text or json" doc:"auto: text on a terminal, else json"`
}

// FromEnvironment loads the Config from the environment of this process.
func FromEnvironment() (*Config, []Warning, error) {
	return Load(os.Environ())
}

// Load reads environ, which has the form of os.Environ, and the files that its
// NAME_FILE variables point to. The error, if any, is a Faults with everything
// that is wrong. The warnings are there in both cases.
func Load(environ []string) (*Config, []Warning, error) {
	vars := variablesOf(environ)
	warnings := unknownIn(vars)
	values, faults := readSecretFiles(vars)

	var c Config
	err := env.ParseWithOptions(&c, env.Options{Environment: values})
	faults = append(faults, parseFaults(err, values)...)
	faults = append(faults, c.check(values)...)
	if faults = faults.ordered(); len(faults) > 0 {
		return nil, warnings, faults
	}
	return &c, warnings, nil
}

// variablesOf picks our variables, in any case of their prefix, out of environ.
// As everywhere the last of two equal names counts.
func variablesOf(environ []string) map[string]string {
	vars := make(map[string]string)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(strings.ToUpper(name), Prefix) {
			vars[name] = value
		}
	}
	return vars
}

// parseFaults translates what env found, which speaks of Go fields, to the
// names and words of variables.
func parseFaults(err error, values map[string]string) Faults {
	var all env.AggregateError
	errors.As(err, &all)
	var faults Faults
	for _, e := range all.Errors {
		var parse env.ParseError
		if !errors.As(e, &parse) {
			panic("config: wrong tag in Config: " + e.Error())
		}
		field, _ := reflect.TypeFor[Config]().FieldByName(parse.Name)
		faults = append(faults, variableOf(field).fault(values, problemOf(parse)))
	}
	return faults
}

// problemOf says what is wrong with a value. Our own types word it themselves;
// for the standard ones the library's error names functions of Go, not causes.
func problemOf(parse env.ParseError) string {
	switch parse.Type {
	case reflect.TypeFor[int]():
		return "not a whole number"
	case reflect.TypeFor[time.Duration]():
		return "not a duration such as 500ms or 5m"
	default:
		return parse.Err.Error()
	}
}
