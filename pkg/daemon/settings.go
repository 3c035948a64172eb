package daemon

import (
	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/ports"
	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// ConfigChecks are the variables whose syntax belongs to another package.
func ConfigChecks() []config.Check {
	return []config.Check{
		{Name: "BREEZEWAY_RULES", Read: func(text string) error { _, err := rule.Parse(text); return err }},
		{Name: "BREEZEWAY_GROUPS", Read: func(text string) error { _, err := rule.ParseGroups(text); return err }},
	}
}

// PortSettings are the settings from which the plan of ports is made.
func PortSettings(c *config.Config) ports.Settings {
	return ports.Settings{
		HTTP:        c.HTTPPort,
		RTSP:        c.RTSPPorts,
		UDP:         c.UDPPorts,
		SSDP:        c.SSDPPorts,
		ListensSSDP: c.SSDPListen != settings.SSDPListenOff,
	}
}
