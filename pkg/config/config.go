// Package config turns the environment into one checked Config. It is the only
// package that reads variables. Its table, together with the rows of package settings
// for what can also be set for one speaker, defines every variable: `breezeway help`
// and docs/CONFIGURATION.md are made from it.
package config

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// Prefix begins the name of every variable.
const Prefix = "BREEZEWAY_"

// Config is the whole configuration.
type Config struct {
	Interfaces List
	Devices    Devices
	HTTPPort   settings.PortRange
	HTTPNames  List
	RTSPPorts  settings.PortRange
	UDPPorts   settings.PortRange
	SSDPPorts  settings.PortRange
	SSDPListen settings.SSDPListen
	NameFormat NameFormat
	Speaker    settings.Speaker // of all speakers; rules may set others for some
	Grace      time.Duration
	Rules      settings.Secret // they may contain passwords
	Groups     string
	StateDir   string
	LogLevel   LogLevel
	LogFormat  LogFormat
}
