package fingerprint

import "fmt"

// The names of processes are cut to 15 bytes by the kernel: "Plex DLNA Serve".

const (
	freePlexDLNA = "in Plex under Settings > DLNA turn off \"Enable the DLNA server\"; Plex itself goes on"
	freePlexMDNS = "start Plex's container without publishing 5353/udp: Plex does not need it"
	freePublish  = "take \"%[1]d:%[1]d/udp\" out of the container's ports (compose) or its -p %[1]d:%[1]d/udp (docker run) and make it anew, or give it network_mode: host, where programs can share the port"
)

var dockerProxy = Program{
	Name:     "docker-proxy, for a container that publishes the port",
	FreeSSDP: fmt.Sprintf(freePublish, 1900),
	FreeMDNS: fmt.Sprintf(freePublish, 5353),
	signs:    []sign{{command: "docker-proxy"}, {command: "rootlesskit"}},
}

// programs are the known programs, the more specific before the more general: the
// first that matches an answer or a process counts.
var programs = []Program{
	{
		Name:     "Plex Media Server",
		FreeSSDP: freePlexDLNA,
		FreeMDNS: freePlexMDNS,
		signs: []sign{
			{server: "Platinum", location: 32469},
			{server: "Platinum", tcp: 32469},
			{server: "Platinum", tcp: 32400},
			{server: "Plex"},
			{command: "Plex "},
			{tcp: 32469},
			{tcp: 32400},
		},
	},
	{
		Name:     "Kodi",
		FreeSSDP: "in Kodi under Settings > Services > UPnP/DLNA turn off UPnP support",
		signs:    []sign{{server: "Kodi"}, {command: "kodi"}, {server: "Platinum", tcp: 9777}},
	},
	{
		Name:     "Plex, Kodi or another program with the Platinum library",
		FreeSSDP: freePlexDLNA,
		signs:    []sign{{server: "Platinum"}},
	},
	{
		Name:     "MiniDLNA (ReadyMedia)",
		FreeSSDP: "it shares the port; to stop it: sudo systemctl disable --now minidlna",
		signs:    []sign{{server: "MiniDLNA"}, {server: "ReadyMedia"}, {command: "minidlna"}, {command: "readymedia"}, {tcp: 8200}},
	},
	{
		Name:     "Jellyfin",
		FreeSSDP: "in Jellyfin's Dashboard > Plugins turn off or remove the DLNA plug-in",
		signs:    []sign{{server: "Jellyfin"}, {server: "RSSDP", tcp: 8096}, {command: "jellyfin"}},
	},
	{
		Name:     "Emby",
		FreeSSDP: "in Emby under Settings > DLNA turn off the DLNA server",
		signs:    []sign{{server: "Emby"}, {command: "EmbyServer"}},
	},
	{
		Name:     "Jellyfin, Emby or another program with the RSSDP library",
		FreeSSDP: "turn off its DLNA plug-in",
		signs:    []sign{{server: "RSSDP"}, {tcp: 8096}},
	},
	{
		Name:     "Home Assistant",
		FreeSSDP: "it shares the port; emulated_hue can be moved with its upnp_bind_multicast and listen_port options",
		FreeMDNS: "it shares the port",
		signs: []sign{
			{server: "Home Assistant"}, {server: "HomeAssistant"},
			{server: "IpBridge", tcp: 8123},
			{command: "hass"}, {command: "python", tcp: 8123},
			{tcp: 8123},
		},
	},
	{
		Name:     "a Philips Hue bridge's stand-in (emulated_hue, diyHue, ...)",
		FreeSSDP: "turn off its UPnP discovery",
		signs:    []sign{{server: "IpBridge"}},
	},
	{
		Name:     "UniFi Network",
		FreeSSDP: "under Settings > System > Advanced turn off \"Make application discoverable on L2 network\"; in a container publish no 1900/udp",
		signs:    []sign{{server: "UniFi"}, {server: "UPnP", location: 8080, tcp: 8443}, {command: "java", tcp: 8443}, {tcp: 8443}},
	},
	{
		Name:     "Synology DSM's media server",
		FreeSSDP: "in DSM's Package Center stop Media Server",
		signs:    []sign{{server: "Synology"}, {command: "synodlna"}, {command: "dms"}, {server: "DMS", location: 50001}},
	},
	{
		Name:     "tvheadend",
		FreeSSDP: "under Configuration > General > SAT>IP Server set the RTSP port to 0",
		signs:    []sign{{server: "TVHeadend"}, {command: "tvheadend"}, {tcp: 9981}},
	},
	{
		Name:     "miniSSDPd",
		FreeSSDP: "stop it if no other program uses it: sudo systemctl disable --now minissdpd",
		signs:    []sign{{server: "MiniSSDPd"}, {command: "minissdpd"}},
	},
	{
		Name:     "MiniUPnPd, a router's port mapping",
		FreeSSDP: "give it the router's own interface only (listening_ip in miniupnpd.conf)",
		signs:    []sign{{server: "MiniUPnPd"}, {command: "miniupnpd"}},
	},
	{
		Name:     "AirConnect",
		FreeSSDP: "stop it: Breezeway does the same, and with both of them every speaker would be offered twice",
		FreeMDNS: "stop it: Breezeway does the same, and with both of them every speaker would be offered twice",
		signs:    []sign{{command: "airupnp"}, {command: "aircast"}},
	},
	{
		Name:     "Gerbera (MediaTomb)",
		FreeSSDP: "it shares the port; to stop it: sudo systemctl disable --now gerbera",
		signs:    []sign{{server: "Gerbera"}, {server: "MediaTomb"}, {command: "gerbera"}, {command: "mediatomb"}},
	},
	{
		Name:     "upmpdcli",
		FreeSSDP: "it shares the port",
		signs:    []sign{{server: "upmpdcli"}, {command: "upmpdcli"}},
	},
	{
		Name:     "gmediarender",
		FreeSSDP: "it shares the port",
		signs:    []sign{{command: "gmediarender"}},
	},
	{
		Name:     "Rygel or another program with the GUPnP library",
		FreeSSDP: "it shares the port",
		signs:    []sign{{server: "GUPnP"}, {server: "Rygel"}, {command: "rygel"}, {command: "gssdp"}},
	},
	{
		Name:     "Universal Media Server",
		FreeSSDP: "in its configuration turn off the automatic announcement, or stop it",
		signs:    []sign{{server: "UMS/"}, {server: "PMS/"}, {tcp: 5001, command: "java"}},
	},
	{
		Name:     "Serviio",
		FreeSSDP: "stop its service: the port is part of it",
		signs:    []sign{{server: "Serviio"}, {command: "serviio"}},
	},
	{
		Name:     "xTeVe",
		FreeSSDP: "in xTeVe's settings turn off SSDP",
		signs:    []sign{{server: "xTeVe"}, {command: "xteve"}, {tcp: 34400}},
	},
	{
		Name:     "an HDHomeRun service",
		FreeSSDP: "turn off its SSDP announcement",
		signs:    []sign{{server: "HDHomeRun"}, {command: "hdhomerun"}},
	},
	{
		Name:     "a program with the libupnp library",
		FreeSSDP: "libupnp shares the port unless it was built otherwise",
		signs:    []sign{{server: "Portable SDK for UPnP"}},
	},
	dockerProxy,
	{
		Name:     "avahi-daemon",
		FreeMDNS: "in /etc/avahi/avahi-daemon.conf set disallow-other-stacks=no, then: sudo systemctl restart avahi-daemon",
		signs:    []sign{{command: "avahi-daemon"}},
	},
	{
		Name:     "systemd-resolved",
		FreeMDNS: "it shares the port; to stop it there set MulticastDNS=no in /etc/systemd/resolved.conf, then: sudo systemctl restart systemd-resolved",
		signs:    []sign{{command: "systemd-resolve"}},
	},
	{
		Name:     "mDNSResponder",
		FreeMDNS: "stop it, or run Breezeway with an address of its own",
		signs:    []sign{{command: "mdnsd"}, {command: "mDNSResponder"}},
	},
	{
		Name:     "Chrome or Chromium",
		FreeMDNS: "it shares the port",
		signs:    []sign{{command: "chrom"}},
	},
	{
		Name:     "shairport-sync",
		FreeMDNS: "let it use avahi as its mdns_backend, which shares the port",
		signs:    []sign{{command: "shairport-sync"}},
	},
}
