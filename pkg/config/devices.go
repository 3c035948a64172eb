package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Devices are the speakers that the user names, separated by commas: an IPv4
// address, with or without a port, is searched by unicast; the URL of a description
// is fetched.
type Devices struct {
	Addresses []netip.AddrPort // port 0: that of SSDP
	URLs      []string         // plain http to a literal address
}

// Hosts are the addresses of all devices.
func (d Devices) Hosts() []netip.Addr {
	var hosts []netip.Addr
	for _, a := range d.Addresses {
		hosts = append(hosts, a.Addr())
	}
	for _, entry := range d.URLs {
		if addr, err := hostOf(entry); err == nil {
			hosts = append(hosts, addr)
		}
	}
	return hosts
}

// UnmarshalText reads the list and reports every entry that cannot be used.
func (d *Devices) UnmarshalText(text []byte) error {
	var devices Devices
	var problems []string
	for entry := range strings.SplitSeq(string(text), ",") {
		entry = strings.TrimSpace(entry)
		var err error
		switch {
		case entry == "":
			// As in a List
		case strings.Contains(entry, "://"):
			err = checkDescription(entry)
			devices.URLs = append(devices.URLs, entry)
		default:
			var addr netip.AddrPort
			addr, err = parseDevice(entry)
			devices.Addresses = append(devices.Addresses, addr)
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("%q %v", entry, err))
		}
	}
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "; "))
	}
	*d = devices
	return nil
}

func parseDevice(entry string) (netip.AddrPort, error) {
	target, err := netip.ParseAddrPort(entry)
	if addr, e := netip.ParseAddr(entry); e == nil {
		target, err = netip.AddrPortFrom(addr, 0), nil
	}
	addr := target.Addr().Unmap()
	switch {
	case err != nil:
		return netip.AddrPort{}, errors.New("is neither an address nor a URL")
	case addr.Is6():
		return netip.AddrPort{}, errors.New("is IPv6, which cannot be searched: give the URL of its description")
	}
	return netip.AddrPortFrom(addr, target.Port()), checkHost(addr)
}

// checkDescription accepts the URLs that package upnp accepts.
func checkDescription(entry string) error {
	addr, err := hostOf(entry)
	if err != nil {
		return err
	}
	return checkHost(addr)
}

// hostOf is the address in a URL. A host name is refused: it could resolve to any
// address.
func hostOf(entry string) (netip.Addr, error) {
	u, err := url.Parse(entry)
	if err != nil {
		return netip.Addr{}, errors.New("is not a URL")
	}
	if u.Scheme != "http" || u.User != nil {
		return netip.Addr{}, errors.New("is not a plain http URL")
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return netip.Addr{}, errors.New("has no address as its host")
	}
	return addr.Unmap(), nil
}

func checkHost(addr netip.Addr) error {
	if addr.IsUnspecified() || addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return errors.New("is not the address of one device")
	}
	return nil
}
