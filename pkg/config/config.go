// Package config turns the environment into one checked Config. It is the only
// place that reads variables, and the struct tags below are the only table of
// them: `breezeway help` and docs/CONFIGURATION.md print what stands here.
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
	Interfaces  List          `env:"BREEZEWAY_INTERFACES" values:"list of names, globs, addresses or CIDRs" doc:"Network interfaces to use. Empty: all real ones, the default route's first"`
	Devices     Devices       `env:"BREEZEWAY_DEVICES" values:"list of IPv4 addresses, with :port or without, or http URLs of descriptions" doc:"Speakers to look for by unicast as well: in other subnets, or behind Wi-Fi that loses multicast"`
	HTTPPort    PortRange     `env:"BREEZEWAY_HTTP_PORT" envDefault:"7700-7719" values:"port, first-last, or 0 for any" doc:"TCP port of the stream, of events and of the health check. Of a range the first free one is taken"`
	RTSPPorts   PortRange     `env:"BREEZEWAY_RTSP_PORTS" envDefault:"7720-7819" values:"port, first-last, or 0 for any" doc:"TCP ports that AirPlay senders connect to, one for each speaker"`
	UDPPorts    PortRange     `env:"BREEZEWAY_UDP_PORTS" envDefault:"7820-7919" values:"first-last (3 ports or more), or 0 for any" doc:"UDP ports for audio, control and timing, three for each speaker that plays"`
	SSDPPorts   PortRange     `env:"BREEZEWAY_SSDP_PORTS" envDefault:"7920-7939" values:"port, first-last, or 0 for any" doc:"UDP ports that speakers answer our searches on. Of a range the first free one is taken"`
	SSDPListen  SSDPListen    `env:"BREEZEWAY_SSDP_LISTEN" envDefault:"off" values:"off, auto or raw" doc:"Hear speakers announce themselves on 1900/UDP. auto: share the port, else as raw. raw: without the port, needs NET_RAW. Speakers are found without it, only later"`
	NameFormat  NameFormat    `env:"BREEZEWAY_NAME_FORMAT" envDefault:"%s" values:"text with %s in it once" doc:"Name of a speaker on AirPlay; %s is its own name"`
	Codec       Codec         `env:"BREEZEWAY_CODEC" envDefault:"auto" values:"auto, flac, wav, l16 or mp3" doc:"What is sent to speakers. auto: the best that the speaker says it takes"`
	FLACBlock   int           `env:"BREEZEWAY_FLAC_BLOCK" envDefault:"1152" values:"192 to 4608 frames" doc:"Length of a FLAC block: a shorter one starts sooner, a longer one is smaller"`
	MP3Bitrate  MP3Bitrate    `env:"BREEZEWAY_MP3_BITRATE" envDefault:"320" values:"128, 192, 256 or 320 kbit/s" doc:"Bitrate for speakers that take MP3 only"`
	HTTPLength  HTTPLength    `env:"BREEZEWAY_HTTP_LENGTH" envDefault:"auto" values:"auto, none, chunked or fake" doc:"How the endless stream states its length. fake: a very large Content-Length"`
	Latency     time.Duration `env:"BREEZEWAY_LATENCY" envDefault:"500ms" values:"duration, 100ms to 8s" doc:"How long a packet may be late, or asked for again, before it is given up; longer while the speakers have something to play and the sender keeps it"`
	Preroll     time.Duration `env:"BREEZEWAY_PREROLL" envDefault:"0s" values:"duration, 0s to 10s; 0s for auto" doc:"Silence sent ahead of the sound, for a speaker that fills a buffer first. auto: what the speaker is known to need"`
	Sync        bool          `env:"BREEZEWAY_SYNC" envDefault:"false" values:"true or false" doc:"false: sound is heard as soon as it can be. true: when the sender counts on it, mostly 2s after it was sent, so that it fits its pictures and a pause repeats nothing"`
	Drift       Drift         `env:"BREEZEWAY_DRIFT" envDefault:"auto" values:"auto or off" doc:"auto: follow the clock of the speaker, so that the delay stays the same for hours. off: every sample as it came"`
	Pause       Pause         `env:"BREEZEWAY_PAUSE" envDefault:"stop" values:"stop or silence" doc:"What a speaker does while the sender pauses. silence: it plays on without sound and resumes at once"`
	Takeover    Takeover      `env:"BREEZEWAY_TAKEOVER" envDefault:"same" values:"never, same or always" doc:"Who may take a speaker that plays. same: the device that plays on it already. always: anybody"`
	VolumeMax   int           `env:"BREEZEWAY_VOLUME_MAX" envDefault:"100" values:"0 to 100 percent" doc:"Loudest that a sender can turn a speaker"`
	VolumeMin   int           `env:"BREEZEWAY_VOLUME_MIN" envDefault:"0" values:"0 to 100 percent" doc:"Volume of a speaker at the lowest step of the sender above mute"`
	VolumeStart StartVolume   `env:"BREEZEWAY_VOLUME_START" values:"0 to 100 percent" doc:"Volume that a speaker is set to when the sound of a sender begins. Empty: it stays as it is"`
	VolumeCurve VolumeCurve   `env:"BREEZEWAY_VOLUME_CURVE" envDefault:"linear" values:"linear or db" doc:"linear: the slider of the sender is that of the speaker. db: by loudness, quieter in the middle"`
	VolumeFixed bool          `env:"BREEZEWAY_VOLUME_FIXED" envDefault:"false" values:"true or false" doc:"true: senders do not turn the speakers"`
	Grace       time.Duration `env:"BREEZEWAY_GRACE" envDefault:"5m" values:"duration, 0s to 168h" doc:"How long a speaker stays listed after it went silent"`
	SkipNative  SkipNative    `env:"BREEZEWAY_SKIP_NATIVE" envDefault:"auto" values:"auto or off" doc:"auto: leave out speakers that speak AirPlay themselves"`
	Rules       Secret        `env:"BREEZEWAY_RULES" values:"selectors: settings; ..." doc:"Other settings for some speakers, such as name=Kitchen*: codec=mp3, volume-max=60; model=*Bar*: skip"`
	Groups      string        `env:"BREEZEWAY_GROUPS" values:"name=speakers; ..." doc:"Further AirPlay speakers that play on several at once, such as Everywhere=*; Downstairs=Kitchen,Living*"`
	StateDir    string        `env:"BREEZEWAY_STATE_DIR" values:"absolute path" doc:"Directory in which to remember over restarts what was found out about speakers. Empty: in memory only"`
	Password    Secret        `env:"BREEZEWAY_PASSWORD" values:"text" doc:"Password that AirPlay senders must give. Empty: none"`
	LogLevel    LogLevel      `env:"BREEZEWAY_LOG_LEVEL" envDefault:"info" values:"trace, debug, info, warn or error" doc:"Least important level that is logged"`
	LogFormat   LogFormat     `env:"BREEZEWAY_LOG_FORMAT" envDefault:"auto" values:"auto, text or json" doc:"auto: text on a terminal, else json"`
}

// A Check holds the value of a variable whose language another package reads.
// It is asked when the variable is set; its error must not hold a secret.
type Check struct {
	Name string
	Read func(value string) error
}

// FromEnvironment loads the Config from the environment of this process.
func FromEnvironment(checks ...Check) (*Config, []Warning, error) {
	return Load(os.Environ(), checks...)
}

// Load reads environ, which has the form of os.Environ, and the files that its
// NAME_FILE variables point to. The error, if any, is a Faults with everything
// that is wrong. The warnings are there in both cases.
func Load(environ []string, checks ...Check) (*Config, []Warning, error) {
	vars := variablesOf(environ)
	warnings := unknownIn(vars)
	values, faults := readSecretFiles(vars)

	var c Config
	err := env.ParseWithOptions(&c, env.Options{Environment: values})
	faults = append(faults, parseFaults(err, values)...)
	faults = append(faults, c.check(values)...)
	faults = append(faults, checked(checks, values)...)
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
	case reflect.TypeFor[bool]():
		return "neither true nor false"
	case reflect.TypeFor[time.Duration]():
		return "not a duration such as 500ms or 5m"
	default:
		return parse.Err.Error()
	}
}
