package ssdp

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// ErrMalformed marks a datagram that is no answer to a search.
var ErrMalformed = errors.New("malformed")

const (
	maxDatagramBytes = 8 << 10
	maxFieldBytes    = 2048
	maxFields        = 64
)

// An Answer is what one device says to one search.
type Answer struct {
	USN       string // "uuid:...::urn:...": UDN and target
	UDN       string // "uuid:...", "" if USN does not begin with one
	ST        string // the target that is answered
	Location  string // URL of the description, not checked in any way
	Server    string
	BootID    int    // BOOTID.UPNP.ORG or X-RINCON-BOOTSEQ: grows with each start; 0 if not told
	ConfigID  int    // CONFIGID.UPNP.ORG: another one means another description; 0 if not told
	Household string // Sonos' household

	From      netip.AddrPort // the address that answered
	Interface netif.Interface
	Received  time.Time
}

// ParseAnswer reads an answer (UDA 1.1 section 1.3.3). From, Interface and
// Received stay zero. Header names count in any case, lines may end in LF
// alone; LOCATION must be there, all else may be missing.
func ParseAnswer(datagram []byte) (Answer, error) {
	if len(datagram) > maxDatagramBytes {
		return Answer{}, fmt.Errorf("ssdp: answer: %w: more than %d bytes", ErrMalformed, maxDatagramBytes)
	}
	status, rest, _ := bytes.Cut(datagram, []byte("\n"))
	if !isOK(string(status)) {
		return Answer{}, fmt.Errorf("ssdp: answer: %w: begins with %.40q", ErrMalformed, status)
	}
	fields, err := parseFields(rest)
	if err != nil {
		return Answer{}, fmt.Errorf("ssdp: answer: %w", err)
	}
	if fields["location"] == "" {
		return Answer{}, fmt.Errorf("ssdp: answer: %w: without LOCATION", ErrMalformed)
	}
	usn := fields["usn"]
	return Answer{
		USN:       usn,
		UDN:       udnOf(usn),
		ST:        fields["st"],
		Location:  fields["location"],
		Server:    fields["server"],
		BootID:    parseID(fields["bootid.upnp.org"], fields["x-rincon-bootseq"]),
		ConfigID:  parseID(fields["configid.upnp.org"]),
		Household: fields["x-rincon-household"],
	}, nil
}

// isOK reports whether line is a status line with code 200.
func isOK(line string) bool {
	words := strings.Fields(line)
	return len(words) >= 2 && strings.HasPrefix(strings.ToUpper(words[0]), "HTTP/1.") && words[1] == "200"
}

// parseFields reads header lines up to an empty one or the end: lower-case
// name to value, the first of a name wins. A line without a colon is skipped.
func parseFields(header []byte) (map[string]string, error) {
	fields := make(map[string]string)
	for line := range bytes.Lines(header) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			break
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		if len(line) > maxFieldBytes || len(fields) == maxFields {
			return nil, fmt.Errorf("%w: header too long", ErrMalformed)
		}
		key := strings.ToLower(string(bytes.TrimSpace(name)))
		if _, seen := fields[key]; !seen {
			fields[key] = string(bytes.TrimSpace(value))
		}
	}
	return fields, nil
}

// udnOf cuts "uuid:X" out of a USN "uuid:X::urn:...".
func udnOf(usn string) string {
	udn, _, _ := strings.Cut(usn, "::")
	if len(udn) <= len("uuid:") || !strings.EqualFold(udn[:len("uuid:")], "uuid:") {
		return ""
	}
	return udn
}

// parseID returns the first of values that is a number (31 bits, section 1.2.2).
func parseID(values ...string) int {
	for _, v := range values {
		if id, err := strconv.ParseUint(v, 10, 31); err == nil {
			return int(id)
		}
	}
	return 0
}

// relevant reports whether what an answer (ST) or a notice (NT) is about is one
// of the targets, in any version: ssdp:all brings in whatever there is.
func relevant(about, usn string, targets []string) bool {
	for _, t := range targets {
		if t == searchAll || t == about || strings.Contains(usn, unversioned(t)) || strings.HasPrefix(about, unversioned(t)) {
			return true
		}
	}
	return false
}

// unversioned cuts the number off "urn:...:AVTransport:1", not the colon.
func unversioned(target string) string {
	if !strings.HasPrefix(target, "urn:") {
		return target
	}
	return strings.TrimRight(target, "0123456789")
}
