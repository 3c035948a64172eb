package ssdp

import (
	"context"
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// openSockets brings the sockets in line with the interfaces: one each.
func (s *Searcher) openSockets(ctx context.Context) {
	wanted := make(map[socketKey]bool)
	interfaces := s.options.Interfaces()
	s.forgetFailed(interfaces)
	for _, iface := range interfaces {
		key, err := keyOf(iface)
		if err == nil {
			wanted[key] = true
			err = s.openOne(ctx, key, iface)
		}
		if err != nil {
			s.fail(iface.Name, err)
		}
	}
	for key := range s.sockets {
		if !wanted[key] {
			s.drop(key)
		}
	}
}

// openOne opens the socket of an interface unless it has one.
func (s *Searcher) openOne(ctx context.Context, key socketKey, iface netif.Interface) error {
	if k := s.sockets[key]; k != nil {
		k.iface = iface
		return nil
	}
	k, err := openSocket(ctx, key, iface, s.options.Ports)
	if err != nil {
		return err
	}
	s.sockets[key] = k
	s.readers.Go(func() { k.read(ctx, s.packets) })
	return nil
}

// drop closes a socket; its reader ends by that.
func (s *Searcher) drop(key socketKey) {
	if k := s.sockets[key]; k != nil {
		_ = k.conn.Close() // nothing to save, and nothing to do about it
		delete(s.sockets, key)
	}
}

// send searches for each target on each interface, and at each known device.
// The first failed send ends the burst of its interface.
func (s *Searcher) send(targets []string) {
	for _, k := range s.sockets {
		if err := s.sendAll(k, s.options.Group, s.options.Group, targets); err != nil {
			s.fail(k.iface.Name, err)
			continue
		}
		s.recovered(k.iface.Name)
	}
	for _, device := range s.options.Devices {
		if device.Port() == 0 {
			device = netip.AddrPortFrom(device.Addr(), ssdpPort)
		}
		k := s.socketTowards(device.Addr())
		if k == nil {
			continue
		}
		// UDA 1.1 wants the device as HOST; libupnp (1.8, measured) answers only
		// those that name the group. A device that is away says nothing about the
		// interface.
		_ = s.sendAll(k, device, device, targets)
		_ = s.sendAll(k, device, s.options.Group, targets)
	}
}

// sendAll searches for each target at an address, with host as HOST.
func (s *Searcher) sendAll(k *socket, to, host netip.AddrPort, targets []string) error {
	for _, target := range targets {
		if err := k.send(to, appendSearch(nil, host, target, s.options.UserAgent)); err != nil {
			s.count(func(c *Stats) { c.SendErrors++ })
			return err
		}
		s.count(func(c *Stats) { c.Sent++ })
	}
	return nil
}

// socketTowards picks the socket to reach device from: that of its subnet,
// else that of the default route, else none.
func (s *Searcher) socketTowards(device netip.Addr) *socket {
	var fallback *socket
	for _, k := range s.sockets {
		if k.iface.OnLink(device) {
			return k
		}
		if k.iface.Default {
			fallback = k
		}
	}
	return fallback
}
