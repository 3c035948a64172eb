// Package config turns the environment into one checked Config. It is the only
// package that reads variables. Its table, together with the rows of package settings
// for what can also be set for one speaker, defines every variable: `breezeway help`
// and docs/CONFIGURATION.md are made from it.
//
// github.com/caarlos0/env finds the variable of each field by its tag, parses the
// text into the type of the field, and collects what cannot be parsed. What it does
// not do is added here:
//   - Defaults come from the table instead of tags, since help prints them and
//     package settings uses them without an environment.
//   - Bounds, and checks of values that contradict each other.
//   - Errors that name the variable and the accepted values; those of env name
//     fields of Config.
//   - NAME_FILE for secrets: env reads either the variable or a file, not both.
//   - A warning about each variable that does not exist.
package config

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// Prefix begins the name of every variable.
const Prefix = "BREEZEWAY_"

// Config is the whole configuration. Each tag names a variable of the table.
type Config struct {
	Interfaces List                `env:"BREEZEWAY_INTERFACES"`
	Devices    Devices             `env:"BREEZEWAY_DEVICES"`
	HTTPPort   settings.PortRange  `env:"BREEZEWAY_HTTP_PORT"`
	HTTPNames  List                `env:"BREEZEWAY_HTTP_NAMES"`
	RTSPPorts  settings.PortRange  `env:"BREEZEWAY_RTSP_PORTS"`
	UDPPorts   settings.PortRange  `env:"BREEZEWAY_UDP_PORTS"`
	SSDPPorts  settings.PortRange  `env:"BREEZEWAY_SSDP_PORTS"`
	SSDPListen settings.SSDPListen `env:"BREEZEWAY_SSDP_LISTEN"`
	NameFormat NameFormat          `env:"BREEZEWAY_NAME_FORMAT"`
	Speaker    settings.Speaker    // of all speakers; rules may set others for some
	Grace      time.Duration       `env:"BREEZEWAY_GRACE"`
	Rules      settings.Secret     `env:"BREEZEWAY_RULES"` // they may contain passwords
	Groups     string              `env:"BREEZEWAY_GROUPS"`
	StateDir   string              `env:"BREEZEWAY_STATE_DIR"`
	LogLevel   LogLevel            `env:"BREEZEWAY_LOG_LEVEL"`
	LogFormat  LogFormat           `env:"BREEZEWAY_LOG_FORMAT"`
}
