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
)

const (
	// bindRetry is the time between attempts to get a port that is not to be had.
	bindRetry = 30 * time.Second

	// readRetry is the time until a socket that failed is opened anew.
	readRetry = time.Second
)

// PortState tells how one address family stands with the mDNS port.
type PortState uint8

const (
	PortClosed PortState = iota // not tried yet, or given up at the end
	PortOK                      // ours alone
	PortShared                  // ours, beside other programs
	PortHeld                    // another program has it and does not share
	PortAbsent                  // this host has no such address family
	PortFailed                  // anything else; the log has the error
)

func (s PortState) String() string {
	return [...]string{"closed", "ok", "shared", "held", "absent", "failed"}[s]
}

// A port is our hold on the mDNS port in one address family.
type port struct {
	family family
	state  PortState
	conn   conn      // nil while there is none
	retry  time.Time // when to try next; zero while there is a conn
	joined map[int]bool
}

// open tries to get the port and reports whether it worked. A change of state is
// logged, a repeated failure is not.
func (p *port) open(listen func(family, uint16) (conn, error), number uint16, now time.Time, log zerolog.Logger) bool {
	others := othersListen(p.family, number)
	c, err := listen(p.family, number)
	state := PortOK
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		state = PortHeld
	case errors.Is(err, unix.EAFNOSUPPORT):
		state = PortAbsent
	case err != nil:
		state = PortFailed
	case others:
		state = PortShared
	}
	if state != p.state {
		logPort(log, p.family, number, state, err)
	}
	p.state = state
	if err != nil {
		p.retry = now.Add(bindRetry)
		return false
	}
	p.conn, p.retry, p.joined = c, time.Time{}, make(map[int]bool)
	return true
}

func logPort(log zerolog.Logger, f family, number uint16, state PortState, err error) {
	log = log.With().Stringer("family", f).Uint16("port", number).Stringer("state", state).Logger()
	switch state {
	case PortHeld:
		log.Warn().Msgf("another program holds %d/UDP for itself, so senders cannot find the speakers over %v: "+
			"stop it, or let it share the port (avahi: disallow-other-stacks=no in avahi-daemon.conf); trying again every %v",
			number, f, bindRetry)
	case PortFailed:
		log.Warn().Err(err).Msgf("cannot use the mDNS port; trying again every %v", bindRetry)
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
	p.conn, p.joined, p.state, p.retry = nil, nil, PortClosed, now.Add(wait)
	return err
}

// othersListen reports whether some socket has the port already. Where that
// cannot be told the answer is no.
func othersListen(f family, number uint16) bool {
	file := "/proc/net/udp"
	if f == familyIPv6 {
		file = "/proc/net/udp6"
	}
	table, err := os.ReadFile(file)
	return err == nil && listed(string(table), number)
}

// localAddressColumn is the column of /proc/net/udp with "address:port" in
// hexadecimal (proc_net_udp(5)).
const localAddressColumn = 1

// listed reports whether a table in the form of /proc/net/udp has a socket with
// this local port.
func listed(table string, number uint16) bool {
	ending := fmt.Sprintf(":%04X", number)
	for line := range strings.Lines(table) {
		columns := strings.Fields(line)
		if len(columns) > localAddressColumn && isRow(columns[0]) && strings.HasSuffix(columns[localAddressColumn], ending) {
			return true
		}
	}
	return false
}

// isRow reports whether a line begins with a slot number, unlike the heading.
func isRow(first string) bool {
	_, err := strconv.Atoi(strings.TrimSuffix(first, ":"))
	return err == nil
}
