package ssdp

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// A NoticeKind is what a device announces (NTS).
type NoticeKind uint8

const (
	NoticeNone NoticeKind = iota // none
	// It is there; said again now and then.
	NoticeAlive // ssdp:alive
	// It goes on with NextBootID instead of BootID, without a restart.
	NoticeUpdate // ssdp:update
	// It says that it leaves.
	NoticeByebye // ssdp:byebye
)

// A Notice is what a device announces to everybody. Nobody vouches for it: one
// datagram with a false source makes a byebye, so a byebye is a reason to look
// whether the device is there, and no more.
type Notice struct {
	Kind       NoticeKind
	NT         string // what is announced: a device, a service, a UDN
	USN        string // "uuid:...::urn:...": UDN and NT
	UDN        string // "uuid:..."
	Location   string // URL of the description, not checked in any way; "" in a byebye
	Server     string
	BootID     int    // BOOTID.UPNP.ORG or X-RINCON-BOOTSEQ: grows with each start; 0 if not told
	NextBootID int    // NEXTBOOTID.UPNP.ORG, of an update; 0 if not told
	ConfigID   int    // CONFIGID.UPNP.ORG: another one means another description; 0 if not told
	Household  string // Sonos' household

	From      netip.AddrPort
	Interface netif.Interface
	Received  time.Time
}

// ParseNotice reads an announcement (UDA 1.1 section 1.2). From, Interface and
// Received stay zero. Header names count in any case, lines may end in LF
// alone. USN must begin with a UDN, and all but a byebye must have a LOCATION.
func ParseNotice(datagram []byte) (Notice, error) {
	if len(datagram) > maxDatagramBytes {
		return Notice{}, fmt.Errorf("ssdp: notice: %w: more than %d bytes", ErrMalformed, maxDatagramBytes)
	}
	first, rest, _ := bytes.Cut(datagram, []byte("\n"))
	if !isNotify(string(first)) {
		return Notice{}, fmt.Errorf("ssdp: notice: %w: begins with %.40q", ErrMalformed, first)
	}
	fields, err := parseFields(rest)
	if err != nil {
		return Notice{}, fmt.Errorf("ssdp: notice: %w", err)
	}
	kind := kindOf(fields["nts"])
	udn := udnOf(fields["usn"])
	switch {
	case kind == NoticeNone:
		return Notice{}, fmt.Errorf("ssdp: notice: %w: NTS %.40q", ErrMalformed, fields["nts"])
	case udn == "":
		return Notice{}, fmt.Errorf("ssdp: notice: %w: USN %.40q", ErrMalformed, fields["usn"])
	case kind != NoticeByebye && fields["location"] == "":
		return Notice{}, fmt.Errorf("ssdp: notice: %w: without LOCATION", ErrMalformed)
	}
	return Notice{
		Kind:       kind,
		NT:         fields["nt"],
		USN:        fields["usn"],
		UDN:        udn,
		Location:   fields["location"],
		Server:     fields["server"],
		BootID:     parseID(fields["bootid.upnp.org"], fields["x-rincon-bootseq"]),
		NextBootID: parseID(fields["nextbootid.upnp.org"]),
		ConfigID:   parseID(fields["configid.upnp.org"]),
		Household:  fields["x-rincon-household"],
	}, nil
}

// Answer is what the device would say to a search now: of an alive or an update.
func (n Notice) Answer() Answer {
	a := Answer{
		USN: n.USN, UDN: n.UDN, ST: n.NT, Location: n.Location, Server: n.Server,
		BootID: n.BootID, ConfigID: n.ConfigID, Household: n.Household,
		From: n.From, Interface: n.Interface, Received: n.Received,
	}
	if n.Kind == NoticeUpdate && n.NextBootID != 0 {
		a.BootID = n.NextBootID
	}
	return a
}

// isNotify reports whether line is the first of an announcement.
func isNotify(line string) bool {
	words := strings.Fields(line)
	return len(words) == 3 && strings.EqualFold(words[0], "NOTIFY") && words[1] == "*" &&
		strings.HasPrefix(strings.ToUpper(words[2]), "HTTP/1.")
}

// isSearch reports whether the datagram is a search: most of what the group
// hears, our own included.
func isSearch(datagram []byte) bool {
	return bytes.HasPrefix(datagram, []byte("M-SEARCH "))
}

func kindOf(nts string) NoticeKind {
	for _, k := range [...]NoticeKind{NoticeAlive, NoticeUpdate, NoticeByebye} {
		if strings.EqualFold(nts, k.String()) {
			return k
		}
	}
	return NoticeNone
}
