package sonos

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

const maxSearchBytes = 2048

// An answerer answers searches for all players of a household (UDA 1.0 section
// 1.2), at once.
type answerer struct {
	household *Household
	groupConn *multicast.Conn
	sendConn  *net.UDPConn
}

func newAnswerer(h *Household) (*answerer, error) {
	ifi, err := netif.ByAddr(h.options.Listen)
	if err != nil {
		return nil, fmt.Errorf("sonos: %w", err)
	}
	hear, err := multicast.ListenGroup(h.options.SSDPGroup)
	if err != nil {
		return nil, fmt.Errorf("sonos: %w", err)
	}
	if err := hear.Join(ifi.Index); err != nil {
		return nil, errors.Join(fmt.Errorf("sonos: %w", err), hear.Close())
	}
	speak, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(h.options.Listen, 0)))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sonos: %w", err), hear.Close())
	}
	return &answerer{household: h, groupConn: hear, sendConn: speak}, nil
}

func (a *answerer) run(ctx context.Context) error {
	var group errgroup.Group
	group.Go(func() error {
		<-ctx.Done()
		return errors.Join(a.groupConn.Close(), a.sendConn.Close())
	})
	group.Go(func() error { return a.listen(ctx) })
	return group.Wait()
}

func (a *answerer) listen(ctx context.Context) error {
	buf := make([]byte, maxSearchBytes)
	for {
		datagram, err := a.groupConn.Read(buf)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("sonos: receive: %w", err)
		}
		target, ok := parseSearch(datagram.Data)
		if !ok {
			continue
		}
		for _, p := range a.household.players {
			if p.options.IgnoresSearches {
				continue
			}
			for _, packet := range p.answers(target) {
				// Who asks and is gone needs no answer.
				_, _ = a.sendConn.WriteToUDPAddrPort(packet, datagram.From)
			}
		}
	}
}

// parseSearch gives the ST of an M-SEARCH.
func parseSearch(datagram []byte) (target string, ok bool) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(datagram)))
	if err != nil || r.Method != "M-SEARCH" || r.Header.Get("MAN") != `"ssdp:discover"` {
		return "", false
	}
	return r.Header.Get("ST"), true
}

// answers are a player's to a search for target, with Sonos' headers and its
// blanks around the sign of max-age.
func (p *Player) answers(target string) [][]byte {
	udn := "uuid:" + p.uuid
	of := map[string]string{
		"upnp:rootdevice":                             udn,
		"urn:schemas-upnp-org:device:ZonePlayer:1":    udn,
		"urn:schemas-upnp-org:device:MediaRenderer:1": udn + "_MR",
	}
	if p.options.Bridge {
		delete(of, "urn:schemas-upnp-org:device:MediaRenderer:1")
	}
	var packets [][]byte
	for st, device := range of {
		if target != "ssdp:all" && target != st {
			continue
		}
		packets = append(packets, fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age = %d\r\nEXT:\r\n"+
			"LOCATION: %s\r\nSERVER: %s\r\nST: %s\r\nUSN: %s::%s\r\n"+
			"X-RINCON-HOUSEHOLD: %s\r\nX-RINCON-BOOTSEQ: 7\r\nX-RINCON-WIFIMODE: 0\r\nX-RINCON-VARIANT: 0\r\n\r\n",
			int((30*time.Minute).Seconds()), p.Location(), serverName, st, device, st, p.household.options.ID))
	}
	return packets
}
