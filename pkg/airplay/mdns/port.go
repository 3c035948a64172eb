package mdns

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
)

// A PortState is how one address family stands with the mDNS port.
type PortState uint8

const (
	// Not tried yet, or given up at the end.
	PortClosed PortState = iota // closed
	// Ours alone.
	PortOK // ok
	// Ours, beside other programs.
	PortShared // shared
	// Another program has it and does not share.
	PortHeld // held
	// The same, and a raw socket serves beside it.
	PortRaw // raw
	// The same, and avahi announces for us.
	PortAvahi // avahi
	// This host has no such address family.
	PortAbsent // absent
	// Anything else; the log has the error.
	PortFailed // failed
)

// A port is our hold on the mDNS port in one address family.
type port struct {
	family multicast.Family
	number uint16
	state  PortState
	conn   conn      // nil while there is none
	due    time.Time // when to try again, or to look who shares it
	joined map[int]bool
	retry  time.Duration // see waits.bindRetry
}

// open tries to get the port, or a raw socket beside a program that has it for
// itself, and reports whether there is a new conn. A change of state is logged, a
// repeated failure is not.
func (p *port) open(listen, listenRaw opener, now time.Time, log zerolog.Logger) bool {
	p.due = now.Add(p.retry)
	if p.ours() {
		p.move(stateBeside(socketsOn(p.family, p.number)-1), nil, log)
		return false
	}
	others := socketsOn(p.family, p.number)
	c, err := listen(p.family, p.number)
	state := stateAfter(err, others)
	if state == PortHeld && p.state == PortRaw {
		return false
	}
	if state == PortHeld {
		raw, rawErr := listenRaw(p.family, p.number)
		if rawErr == nil {
			c, state = raw, PortRaw
		}
		err = rawErr
	}
	if err == nil {
		p.replace(c, log)
	}
	p.move(state, err, log)
	return err == nil
}

// ours reports whether we have the port itself.
func (p *port) ours() bool { return p.conn != nil && p.state != PortRaw }

// replace takes a new conn, where there was a raw one perhaps.
func (p *port) replace(c conn, log zerolog.Logger) {
	if p.conn != nil {
		if err := p.conn.Close(); err != nil {
			log.Debug().Err(err).Msg("close raw mDNS socket")
		}
	}
	p.conn, p.joined = c, make(map[int]bool)
}

// stateAfter is what an attempt to get the port came to, beside others.
func stateAfter(err error, others int) PortState {
	switch {
	case err == nil:
		return stateBeside(others)
	case errors.Is(err, unix.EADDRINUSE):
		return PortHeld
	case errors.Is(err, unix.EAFNOSUPPORT):
		return PortAbsent
	}
	return PortFailed
}

// stateBeside is how we have the port while so many others have it, too.
func stateBeside(others int) PortState {
	if others > 0 {
		return PortShared
	}
	return PortOK
}

func (p *port) move(to PortState, err error, log zerolog.Logger) {
	if to != p.state {
		p.logState(log, to, err)
	}
	p.state = to
}

func (p *port) logState(log zerolog.Logger, state PortState, err error) {
	log = log.With().Stringer("family", p.family).Uint16("port", p.number).Stringer("state", state).Logger()
	switch state {
	case PortHeld:
		log.Warn().Err(err).Msgf("another program holds %d/UDP for itself, so senders cannot find the speakers over %v: "+
			"stop it, or let it share the port (avahi: disallow-other-stacks=no in avahi-daemon.conf), "+
			"or give the capability NET_RAW; trying again every %v", p.number, p.family, p.retry)
	case PortRaw:
		log.Info().Msgf("another program holds %d/UDP for itself: answering beside it through a raw socket", p.number)
	case PortFailed:
		log.Warn().Err(err).Msgf("cannot use the mDNS port; trying again every %v", p.retry)
	case PortAbsent:
		log.Debug().Msg("no such address family here")
	default:
		log.Info().Msg("listening for mDNS")
	}
}

// close gives the port back; it is tried again after wait.
func (p *port) close(now time.Time, wait time.Duration) error {
	if p.conn == nil {
		return nil
	}
	err := p.conn.Close()
	p.conn, p.joined, p.state, p.due = nil, nil, PortClosed, now.Add(wait)
	return err
}

// socketsOn is how many sockets have the port; 0 where that cannot be told.
func socketsOn(f multicast.Family, number uint16) int {
	file := "/proc/net/udp"
	if f == multicast.IPv6 {
		file = "/proc/net/udp6"
	}
	table, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	return listed(string(table), number)
}

// Columns of /proc/net/udp (proc_net_udp(5)).
const (
	slotColumn         = 0
	localAddressColumn = 1 // "address:port" in hexadecimal
	inodeColumn        = 9
)

// listed is how many sockets with this local port a table in the form of
// /proc/net/udp has. The kernel gives the table in pieces and may repeat a row
// when other sockets come and go meanwhile.
func listed(table string, number uint16) int {
	ending := fmt.Sprintf(":%04X", number)
	inodes := make(map[string]bool)
	for line := range strings.Lines(table) {
		columns := strings.Fields(line)
		if len(columns) > inodeColumn && isRow(columns[slotColumn]) && strings.HasSuffix(columns[localAddressColumn], ending) {
			inodes[columns[inodeColumn]] = true
		}
	}
	return len(inodes)
}

// isRow reports whether a line begins with a slot number, unlike the heading.
func isRow(first string) bool {
	_, err := strconv.Atoi(strings.TrimSuffix(first, ":"))
	return err == nil
}
