package daemon

import (
	"fmt"

	"github.com/breezeway-audio/breezeway/pkg/airplay/dacp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/ports"
	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

func (d *Daemon) responderOptions() mdns.Options {
	return mdns.Options{
		Hostname:   hostLabel(),
		Interfaces: d.watcher.Current,
		Changes:    d.interfaceChanges(),
		Port:       d.options.Network.MDNSPort,
		Log:        d.partLog("mdns"),
	}
}

func (d *Daemon) nativeOptions() query.NativeOptions {
	return query.NativeOptions{
		Interfaces: d.watcher.Current,
		Changes:    d.interfaceChanges(),
		Own:        fleet.Announced,
		Port:       d.options.Network.MDNSPort,
		Log:        d.partLog("browse"),
	}
}

// imageStateDir is there in the image, for a volume.
const imageStateDir = "/state"

// stateDir is the directory that is set, else the usual one where it can be written;
// empty: what is learned about speakers is kept in the process only.
func stateDir(set, usual string) string {
	if set == "" && quirk.Writable(usual) == nil {
		return usual
	}
	return set
}

func (d *Daemon) managerOptions() (fleet.Options, error) {
	c := d.config
	rules, err := rule.Parse(c.Rules.Reveal())
	if err != nil {
		return fleet.Options{}, fmt.Errorf("read BREEZEWAY_RULES: %w", err)
	}
	groups, err := rule.ParseGroups(c.Groups)
	if err != nil {
		return fleet.Options{}, fmt.Errorf("read BREEZEWAY_GROUPS: %w", err)
	}
	dir := stateDir(c.StateDir, imageStateDir)
	if d.memory, err = quirk.OpenMemory(dir); err != nil {
		d.log.Warn().Err(err).Str("directory", dir).
			Msg("cannot read what was learned about the speakers, so it has to be learned again: BREEZEWAY_STATE_DIR must be a directory that this user may write to")
	}
	return fleet.Options{
		Search:       d.searchOptions(),
		Listen:       d.listenerOptions(),
		Descriptions: c.Devices.URLs,
		Client:       d.client,
		Events:       d.subscriptions,
		Publish:      d.responder.Publish,
		Streams:      d.streams,
		BaseURL:      d.baseURL,
		Memory:       d.memory,
		Remote:       d.newRemote,
		Native:       d.native.Has,
		ArtworkPath:  web.ArtworkPath,
		Settings:     c.Speaker,
		Rules:        rules,
		Groups:       groups,
		Receiver:     d.receiverOptions(),
		NameFormat:   c.NameFormat.Apply,
		Firmware:     d.options.Version,
		Grace:        c.Grace,
		Log:          d.log,
	}, nil
}

func (d *Daemon) searchOptions() ssdp.Options {
	return ssdp.Options{
		Interfaces: d.watcher.Current,
		Changes:    d.interfaceChanges(),
		Group:      d.options.Network.SSDPGroup,
		Devices:    d.config.Devices.Addresses,
		Ports:      d.config.SSDPPorts,
		UserAgent:  userAgent(d.options.Version),
		Log:        d.partLog("ssdp"),
	}
}

func (d *Daemon) listenerOptions() ssdp.ListenerOptions {
	return ssdp.ListenerOptions{
		Mode:       d.config.SSDPListen,
		Interfaces: d.watcher.Current,
		Changes:    d.interfaceChanges(),
		Group:      d.options.Network.SSDPGroup,
		Log:        d.partLog("ssdp"),
	}
}

func (d *Daemon) receiverOptions() raop.Options {
	return raop.Options{
		Listen:    d.options.Network.Listen,
		RTSPPorts: d.config.RTSPPorts,
		UDPPorts:  d.config.UDPPorts,
		OnBusyTCP: d.busy.Reporter(ports.TCP),
		OnBusyUDP: d.busy.Reporter(ports.UDP),
	}
}

// newRemote makes the remote control of a sender.
func (d *Daemon) newRemote(client raop.ClientInfo) (bridge.Remote, error) {
	return dacp.New(dacp.Options{
		DACPID:       client.DACPID,
		ActiveRemote: client.ActiveRemote,
		Sender:       client.Addr.Addr(),
		Interfaces:   d.watcher.Current,
		Port:         d.options.Network.MDNSPort,
		Log:          d.partLog("dacp"),
	})
}

// interfaceChanges is a signal of interface changes, for a part that lives as long as
// the watcher.
func (d *Daemon) interfaceChanges() <-chan struct{} {
	changes, _ := d.watcher.Subscribe()
	return changes
}
