package ssdp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// A groupListener is a socket that receives what is sent to the group, and
// nothing else.
type groupListener struct {
	method ListenMethod
	conn   *multicast.Conn
	joined map[int]netif.Interface // by index: an interface made anew has another
}

// A datagram is what a groupListener received, or the error that ended it.
type datagram struct {
	listener *groupListener
	received time.Time
	packet   multicast.Packet
	err      error
}

// listenToGroup opens the socket of a method. Neither one takes a unicast
// datagram from another program, which only Linux grants: elsewhere the searches
// must do.
func listenToGroup(method ListenMethod, group netip.AddrPort) (*groupListener, error) {
	if runtime.GOOS != "linux" {
		return nil, fmt.Errorf("ssdp: open %v socket: %w", method, errors.ErrUnsupported)
	}
	open := multicast.ListenGroup
	if method == MethodRaw {
		open = multicast.ListenGroupRaw
	}
	conn, err := open(group)
	if err != nil {
		return nil, fmt.Errorf("ssdp: %w", err)
	}
	return &groupListener{method: method, conn: conn, joined: make(map[int]netif.Interface)}, nil
}

// join brings the memberships in line with the interfaces, in their order, and
// returns what failed, by name. Interfaces without IPv4 are passed over.
func (g *groupListener) join(interfaces []netif.Interface) map[string]error {
	wanted := make(map[int]netif.Interface)
	for _, i := range interfaces {
		if _, ok := i.IPv4(); ok {
			wanted[i.Index] = i
		}
	}
	// First leave, then join: the kernel limits how many memberships there are,
	// and counts interfaces that are gone.
	for index := range g.joined {
		if _, ok := wanted[index]; !ok {
			_ = g.conn.Leave(index) // the interface may be gone
			delete(g.joined, index)
		}
	}
	failed := make(map[string]error)
	for _, i := range interfaces {
		if _, ok := wanted[i.Index]; !ok {
			continue
		}
		if err := g.joinOne(i); err != nil {
			failed[i.Name] = err
		}
	}
	return failed
}

// joinOne joins on an interface unless that is done.
func (g *groupListener) joinOne(i netif.Interface) error {
	if _, ok := g.joined[i.Index]; !ok {
		err := g.conn.Join(i.Index)
		switch {
		case errors.Is(err, syscall.ENOBUFS):
			return fmt.Errorf("ssdp: %w: the kernel allows no more memberships, sysctl net.ipv4.igmp_max_memberships raises the limit", err)
		case err != nil:
			return fmt.Errorf("ssdp: %w", err)
		}
	}
	g.joined[i.Index] = i // also when only its addresses are new
	return nil
}

// read passes datagrams on until the socket is closed or ctx ends. Any other
// error is passed on too and is the last.
func (g *groupListener) read(ctx context.Context, out chan<- datagram) {
	buffer := make([]byte, maxDatagramBytes+extraBytes)
	for {
		p, err := g.conn.Read(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		p.Data = bytes.Clone(p.Data)
		select {
		case <-ctx.Done():
			return
		case out <- datagram{listener: g, received: time.Now(), packet: p, err: err}:
		}
		if err != nil {
			return
		}
	}
}

// extraBytes are what a buffer has beyond the longest datagram that is read: a
// raw socket's UDP header of 8 bytes, and one more that shows what is too long.
const extraBytes = 9
