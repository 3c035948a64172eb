package doctor

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A knownPort is one that another program is known to use.
type knownPort struct {
	protocol sockets.Protocol
	port     uint16
	purpose  string
}

// plexPorts are those of Plex Media Server (support.plex.tv, article 201543147).
var plexPorts = []knownPort{
	{sockets.UDP, ssdpPort, "DLNA"},
	{sockets.UDP, mdnsPort, "Bonjour"},
	{sockets.TCP, 8324, "Roku companion"},
	{sockets.TCP, 32400, "everything"},
	{sockets.UDP, 32410, "GDM"},
	{sockets.UDP, 32412, "GDM"},
	{sockets.UDP, 32413, "GDM"},
	{sockets.UDP, 32414, "GDM"},
	{sockets.TCP, 32469, "DLNA"},
}

func (k knownPort) String() string { return fmt.Sprintf("%d/%v (%s)", k.port, k.protocol, k.purpose) }

// portRanges are our port ranges, with the sockets of this host.
type portRanges struct {
	ours    []Ports
	sockets *hostSockets
}

// checkPlex reports which of Plex's ports are in use, and which of ours are Plex's.
func (r *portRanges) checkPlex(context.Context) Result {
	if r.sockets.fault != nil {
		return skip(r.sockets.fault.Error())
	}
	var open, clashes []string
	var do []Step
	for _, k := range plexPorts {
		if len(r.sockets.others(r.sockets.table.On(k.protocol, k.port))) > 0 {
			open = append(open, k.String())
		}
		for _, p := range r.ours {
			if p.includes(k.protocol, k.port) {
				clashes = append(clashes, k.String()+" in "+p.Variable)
				do = append(do, r.moveSteps(p)...)
			}
		}
	}
	seen := "taken by others on this host: " + orNone(open)
	if len(clashes) == 0 {
		return fine(seen + "; none of ours is among Plex's")
	}
	return Result{
		Status: Warning,
		Seen:   seen + "; ours as well: " + strings.Join(clashes, ", "),
		Means:  "Plex does not share these. The program that starts first gets them.",
		Do:     slices.CompactFunc(do, func(a, b Step) bool { return a == b }),
	}
}

// check reports which programs have ports of one of our ranges.
func (r *portRanges) check(p Ports) Result {
	switch {
	case r.sockets.fault != nil:
		return skip(r.sockets.fault.Error())
	case p.Any():
		return Result{
			Status: Note,
			Seen:   "any port that is free",
			Means:  "No firewall rule can be written for ports that change with each start.",
			Do:     r.moveSteps(Ports{Variable: p.Variable, Protocol: p.Protocol, PortRange: settings.PortRange{First: 7700, Last: 7799}}),
		}
	}
	holders := r.sockets.others(r.sockets.table.Within(p.Protocol, p.First, p.Last))
	taken := make(map[uint16]bool)
	for _, h := range holders {
		taken[h.Local.Port()] = true
	}
	free := p.Len() - len(taken)
	seen := fmt.Sprintf("%v %v, %d of them free", p.Protocol, p.PortRange, free)
	switch {
	case len(taken) == 0:
		return fine(seen)
	case free >= p.Needed:
		return Result{
			Status: Note,
			Seen:   seen + "; " + listHolders(holders),
			Means:  "Breezeway uses the next ports in the range.",
		}
	}
	return Result{
		Status: Failed,
		Seen:   seen + ", " + strconv.Itoa(p.Needed) + " needed; " + listHolders(holders),
		Means:  "Other programs use so many ports that too few are left to start or to play.",
		Do:     append(r.moveSteps(p), Step{Text: "Or stop the program that has them."}),
	}
}

// Ranges are proposed between the ports of services and those that the kernel assigns
// to clients by default.
const (
	lowestProposal  = 7700
	highestProposal = 32000
)

// freeRange finds ports near p's that no program has or is known to use.
func (r *portRanges) freeRange(p Ports) (first, last uint16, ok bool) {
	length := p.Len()
	start := int(p.First)
	if start < lowestProposal || start > highestProposal {
		start = lowestProposal
	}
	for ; start+length-1 <= highestProposal; start += length {
		candidate := Ports{Variable: p.Variable, Protocol: p.Protocol, PortRange: settings.PortRange{First: uint16(start), Last: uint16(start + length - 1)}}
		if r.isFree(candidate) {
			return candidate.First, candidate.Last, true
		}
	}
	return 0, 0, false
}

func (r *portRanges) isFree(candidate Ports) bool {
	isPlex := func(k knownPort) bool { return candidate.includes(k.protocol, k.port) }
	if len(r.sockets.table.Within(candidate.Protocol, candidate.First, candidate.Last)) > 0 || slices.ContainsFunc(plexPorts, isPlex) {
		return false
	}
	for _, other := range r.ours {
		if other.Variable != candidate.Variable && other.First <= candidate.Last && candidate.First <= other.Last {
			return false
		}
	}
	return true
}

// moveSteps suggests a range of the same length in which all ports are free.
func (r *portRanges) moveSteps(p Ports) []Step {
	first, last, ok := r.freeRange(p)
	if !ok {
		return []Step{{Text: "Set " + p.Variable + " to ports that are free."}}
	}
	value := fmt.Sprintf("%d-%d", first, last)
	if first == last {
		value = fmt.Sprint(first)
	}
	return []Step{{Text: "Use ports that are free now:", Paste: p.Variable + "=" + value}}
}
