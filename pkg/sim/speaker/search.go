package speaker

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

const (
	deviceTypePrefix = "urn:schemas-upnp-org:device:MediaRenderer:"
	serverName       = "Linux UPnP/1.0 BreezewaySpeaker/1.0"

	maxAge         = 1800 * time.Second // of an announcement
	maxSearchBytes = 2048               // longer ones are nobody's M-SEARCH
)

// A search is an M-SEARCH (UDA 1.0 section 1.2.2).
type search struct {
	target string        // ST
	wait   time.Duration // MX: answers are spread over it
}

var errNotSearch = errors.New("ssdp: not an M-SEARCH")

// parseSearch reads an M-SEARCH. What else comes to the group is errNotSearch.
func parseSearch(b []byte) (search, error) {
	if len(b) > maxSearchBytes || !bytes.HasPrefix(b, []byte("M-SEARCH ")) {
		return search{}, errNotSearch
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
	if err != nil {
		return search{}, fmt.Errorf("ssdp: read M-SEARCH: %w", err)
	}
	if man := r.Header.Get("MAN"); man != `"ssdp:discover"` {
		return search{}, fmt.Errorf("ssdp: MAN %q", man)
	}
	mx, err := strconv.Atoi(strings.TrimSpace(r.Header.Get("MX")))
	if err != nil || mx < 1 {
		return search{}, fmt.Errorf("ssdp: MX %q", r.Header.Get("MX"))
	}
	const longest = 120 // seconds; UDA 1.0 section 1.2.3 lets us assume no more
	return search{target: r.Header.Get("ST"), wait: time.Duration(min(mx, longest)) * time.Second}, nil
}

// An identity is what SSDP messages tell of a device.
type identity struct {
	device   string // type of the device
	udn      string // "uuid:..."
	boot     int    // BOOTID.UPNP.ORG: grows with each start
	location string
	services []string // service types
}

// targets are the ST and NT values of the device (UDA 1.0 section 1.1.2).
func (id identity) targets() []string {
	return append([]string{"upnp:rootdevice", id.udn, id.device}, id.services...)
}

// matching are the targets that answer a search for target.
func (id identity) matching(target string) []string {
	if target == "ssdp:all" {
		return id.targets()
	}
	for _, t := range id.targets() {
		if t == target {
			return []string{t}
		}
	}
	return nil
}

func (id identity) usn(target string) string {
	if target == id.udn {
		return id.udn
	}
	return id.udn + "::" + target
}

// answer is the reply to a search.
func (id identity) answer(target string, now time.Time) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=%d\r\nDATE: %s\r\nEXT:\r\n"+
		"LOCATION: %s\r\nSERVER: %s\r\nST: %s\r\nUSN: %s\r\nBOOTID.UPNP.ORG: %d\r\n\r\n",
		int(maxAge.Seconds()), now.UTC().Format(http.TimeFormat), id.location, serverName, target, id.usn(target), id.boot)
}

// alive announces the device to the group.
func (id identity) alive(group netip.AddrPort, target string) []byte {
	return fmt.Appendf(nil, "NOTIFY * HTTP/1.1\r\nHOST: %s\r\nCACHE-CONTROL: max-age=%d\r\nLOCATION: %s\r\n"+
		"NT: %s\r\nNTS: ssdp:alive\r\nSERVER: %s\r\nUSN: %s\r\nBOOTID.UPNP.ORG: %d\r\n\r\n",
		group, int(maxAge.Seconds()), id.location, target, serverName, id.usn(target), id.boot)
}

// byebye says that the device goes.
func (id identity) byebye(group netip.AddrPort, target string) []byte {
	return fmt.Appendf(nil, "NOTIFY * HTTP/1.1\r\nHOST: %s\r\nNT: %s\r\nNTS: ssdp:byebye\r\nUSN: %s\r\n\r\n",
		group, target, id.usn(target))
}
